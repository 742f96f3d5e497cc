// A real Redis for one tap test, on a fresh data folder and started exactly as the server starts its own. All
// of it is gone after the test. Its socket path survives restart(), so that what is connected can reconnect.

import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { type EmbeddedRedis, startEmbeddedRedis } from '../../store/embedded-redis.ts'

export interface TestRedis {
  /** As REDIS_URL takes it: `unix:/path`. */
  readonly url: string
  readonly socketPath: string
  readonly folder: string
  readonly pid: number
  /** Ends it cleanly. */
  stop(): Promise<void>
  /** Ends it by SIGKILL, as a crash would. */
  kill(): Promise<void>
  /** Starts it again on the same folder and socket; stops it first when it still runs. */
  restart(): Promise<void>
  /** Freezes it: connections stay open and nothing answers. */
  pause(): void
  resume(): void
  flushAll(): Promise<void>
  /** The reply of one command, as ioredis gives it. */
  command(name: string, ...args: (string | number | Buffer)[]): Promise<unknown>
}

export async function startRedis(t: Test, extraArguments: readonly string[] = []): Promise<TestRedis> {
  const root = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  const folder = join(root, 'data')
  const socketPath = join(root, 'redis.sock')
  const start = () => startEmbeddedRedis({ folder, extraArguments, socketPath })

  let server: EmbeddedRedis | undefined
  let connection: Redis | undefined
  const signal = (name: NodeJS.Signals) => {
    if (server !== undefined) process.kill(server.pid, name)
  }
  const end = async (how: (running: EmbeddedRedis) => Promise<unknown>) => {
    const running = server
    server = undefined
    if (running !== undefined) await how(running)
    connection?.disconnect()
    connection = undefined
  }
  const stop = () => end((running) => running.stop())
  // Registered before the start: a start that fails leaves nothing either.
  t.teardown(async () => {
    // A frozen process takes no SIGTERM.
    if (server !== undefined && isAlive(server.pid)) signal('SIGCONT')
    await stop()
    await rm(root, { recursive: true, force: true })
  })
  server = await start()

  const command: TestRedis['command'] = (name, ...args) => {
    connection ??= new Redis(socketPath).on('error', () => {})
    return connection.call(name, ...args)
  }
  return {
    url: `unix:${socketPath}`,
    socketPath,
    folder,
    get pid() {
      if (server === undefined) throw new Error('this Redis was stopped')
      return server.pid
    },
    stop,
    kill: () =>
      end(async (running) => {
        process.kill(running.pid, 'SIGKILL')
        await running.exited
      }),
    async restart() {
      await stop()
      server = await start()
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async flushAll() {
      await command('FLUSHALL')
    },
    command,
  }
}

/** False too for a process that has ended and whose new parent has not yet noticed. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const status = `/proc/${pid}/status`
  return !existsSync(status) || !/^State:\s+Z/m.test(readFileSync(status, 'utf8'))
}
