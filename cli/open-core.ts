/**
 * From the configuration to a working core: the embedded Redis or the external one, the peppers, the stores. Shared by
 * the server and by the commands that run on the machine itself.
 */
import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import { type Core, createCore } from '../domain/core.ts'
import { type Pepper, parsePeppers } from '../domain/pepper.ts'
import { createPepperRing } from '../domain/pepper-ring.ts'
import { type DataFolder, openDataFolder } from '../store/data-folder.ts'
import { EmbeddedRedisError, findRunningEmbeddedRedis, startEmbeddedRedis } from '../store/embedded-redis.ts'
import { connectRedis, type RedisAccess } from '../store/redis.ts'

export interface OpenCore {
  readonly core: Core
  readonly redis: RedisAccess
  /** null with an external Redis. */
  readonly dataFolder: DataFolder | null
  /** Resolves with a sentence when the embedded Redis has ended by itself; never with an external one. */
  readonly redisEnded: Promise<string>
  close(): Promise<void>
}

/** Something a person must mend before the server can start; the message says what. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused'
}

interface RunningRedis {
  readonly url: string
  readonly ended: Promise<string>
  stop(): Promise<void>
}

export interface OpenOptions {
  /** Whether the embedded Redis of a server that runs on this data folder may be used, too. */
  readonly mayJoin: boolean
  readonly onError: (error: Error) => void
}

/** @throws StartRefused, EmbeddedRedisError */
export async function openCore(config: Config, { mayJoin, onError }: OpenOptions): Promise<OpenCore> {
  const running =
    config.redisUrl === null ? await startOrJoin(config.dataFolder, mayJoin) : external(config.redisUrl)
  try {
    const dataFolder = config.redisUrl === null ? openDataFolder(config.dataFolder) : null
    const peppers = config.peppers ?? (await readOrMakePeppers(dataFolder))
    const redis = connectRedis({ url: running.url, replicas: config.replicas, onError })
    const close = async (): Promise<void> => {
      await redis.close()
      await running.stop()
    }
    return {
      core: createCore(redis, createPepperRing(peppers)),
      redis,
      dataFolder,
      redisEnded: running.ended,
      close,
    }
  } catch (error) {
    await running.stop()
    throw error
  }
}

const never = new Promise<string>(() => {})

function external(url: string): RunningRedis {
  return { url, ended: never, stop: async () => {} }
}

async function startOrJoin(folder: string, mayJoin: boolean): Promise<RunningRedis> {
  try {
    const embedded = await startEmbeddedRedis({ folder })
    return { url: `unix:${embedded.socketPath}`, ended: embedded.exited, stop: () => embedded.stop() }
  } catch (error) {
    const isRunning = error instanceof EmbeddedRedisError && error.code === 'data_folder_in_use'
    const socketPath = isRunning && mayJoin ? await findRunningEmbeddedRedis(folder) : null
    if (socketPath === null) throw error
    return external(`unix:${socketPath}`)
  }
}

async function readOrMakePeppers(dataFolder: DataFolder | null): Promise<readonly Pepper[]> {
  if (dataFolder === null) throw new StartRefused('LATCHKEY_PEPPERS is needed with REDIS_URL.')
  let text = await dataFolder.readPeppers()
  if (text === null) {
    if ((await dataFolder.readMarker()) !== null) {
      throw new StartRefused(
        'The file "peppers" of the data folder is gone: every credential would be refused. Restore it from the backup.',
      )
    }
    text = `1:${randomBytes(32).toString('base64')}`
    await dataFolder.writePeppers(text)
  }
  const peppers = parsePeppers(text)
  if (typeof peppers === 'string') throw new StartRefused(`The file "peppers" of the data folder ${peppers}`)
  return peppers
}

/** Resolves when Redis is ready. @returns false after the deadline */
export async function whenReady(redis: RedisAccess, deadlineMs: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), deadlineMs)
    redis.onReady(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
