// A Redis with a site on it, as the server makes them by default (Unix socket, append-only file, always synced), and
// one API key for each of so many users. It lies in a temporary folder and is gone afterwards.

import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createCore } from '../domain/core.ts'
import { parsePeppers } from '../domain/pepper.ts'
import { createPepperRing } from '../domain/pepper-ring.ts'
import { createSite, firstServiceName } from '../domain/site.ts'
import { startEmbeddedRedis } from '../store/embedded-redis.ts'
import { connectRedis } from '../store/redis.ts'
import { type BareRecord, bareName } from './bare-record.ts'
import { startServer } from './child.ts'

export interface BenchSite {
  /** Environment of a server of this site, but for its port. */
  readonly environment: Readonly<Record<string, string>>
  readonly service: { readonly name: string; readonly secret: string }
  /** Secrets, one of each user. */
  readonly keys: readonly string[]
  /** Processor time that Redis has used, in microseconds. */
  redisCpu(): Promise<number>
  close(): Promise<void>
}

const mintsAtOnce = 20

export function userName(index: number): string {
  return `user-${String(index).padStart(6, '0')}@example.org`
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

export async function startSite(keyCount: number): Promise<BenchSite> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const server = await startEmbeddedRedis({ folder: join(folder, 'data') })
  const redis = new Redis(server.socketPath)
  const close = async (): Promise<void> => {
    await redis.quit()
    await server.stop()
  }
  try {
    const environment = {
      REDIS_URL: `unix:${server.socketPath}`,
      LATCHKEY_PEPPERS: `1:${randomBytes(32).toString('base64')}`,
    }
    const service = { name: firstServiceName, secret: await createBenchSite(environment) }
    const keys = await mintKeys(keyCount, environment, basic(service.name, service.secret), redis)
    return { environment, service, keys, redisCpu: () => readCpu(redis), close }
  } catch (error) {
    await close()
    throw error
  }
}

interface SiteEnvironment extends Readonly<Record<string, string>> {
  readonly REDIS_URL: string
  readonly LATCHKEY_PEPPERS: string
}

/** @returns the secret of the first service */
async function createBenchSite({ REDIS_URL, LATCHKEY_PEPPERS }: SiteEnvironment): Promise<string> {
  const peppers = parsePeppers(LATCHKEY_PEPPERS)
  if (typeof peppers === 'string') throw new Error(peppers)
  const access = connectRedis({ url: REDIS_URL })
  await new Promise<void>((resolve) => access.onReady(resolve))
  const created = await createSite(createCore(access, createPepperRing(peppers)))
  await access.close()
  if (created === null) throw new Error('a new Redis has a site')
  return created.firstSecret.reveal()
}

/** Mints over HTTP, by a server that is only for this, and writes the record of the bare route beside each key. */
async function mintKeys(
  count: number,
  environment: SiteEnvironment,
  authorization: string,
  redis: Redis,
): Promise<readonly string[]> {
  const script = new URL('../server.ts', import.meta.url)
  const { origin, child } = await startServer(script, {
    environment,
    probe: { path: '/health/ready', holds: 'ok' },
  })
  const send = async (method: string, path: string, body: object): Promise<MintAnswer> => {
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await fetch(`${origin}${path}`, { method, headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as MintAnswer
  }
  const mint = async (index: number): Promise<string> => {
    const name = userName(index)
    const { id, secret } = await send('POST', `/v1/users/${name}/api-keys`, {})
    const record: BareRecord = { id, user: { id: id.slice(0, 8), name, roles: ['user'], groups: [] } }
    await redis.set(bareName(secret), JSON.stringify(record))
    return secret
  }
  try {
    await send('PUT', '/v1/settings', { apiKeysAllowed: true })
    const keys: string[] = []
    while (keys.length < count) {
      const some = Math.min(mintsAtOnce, count - keys.length)
      const minted = Array.from({ length: some }, (_, index) => mint(keys.length + index))
      keys.push(...(await Promise.all(minted)))
    }
    return keys
  } finally {
    await child.end()
  }
}

interface MintAnswer {
  readonly id: string
  readonly secret: string
}

async function readCpu(redis: Redis): Promise<number> {
  const info = await redis.info('cpu')
  const seconds = [...info.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)].map(([, text]) => Number(text))
  return seconds.reduce((sum, value) => sum + value, 0) * 1_000_000
}
