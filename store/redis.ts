/**
 * The two connections to Redis: one for reads, one for writes, so that a write that waits for replicas or the disk
 * never stands in front of a verification. No offline queue and no resending: a command is either answered, or its
 * caller learns within the deadline that it was not. Only store/ imports this.
 */
import { Redis, type RedisOptions } from 'ioredis'
import { Problem } from '../domain/errors.ts'
import { createReadBatch, type ReadBatch } from './read-batch.ts'
import type { Script } from './scripts.ts'

export interface RedisOptionsOfSite {
  /** `redis://`, `rediss://` or `unix:/path`. */
  readonly url: string
  /** Acknowledgements that a write waits for; 0: none. */
  readonly replicas?: number
  readonly readDeadlineMs?: number
  readonly writeDeadlineMs?: number
  readonly onError?: (error: Error) => void
}

type Argument = string | number

/** How long a connection may take to be made or to be ended. */
const patienceMs = 2_000

export interface RedisAccess extends ReadBatch {
  /**
   * Runs a script on the writing connection and, where configured, waits for the replicas.
   * @returns the script's reply
   * @throws Problem redis_unavailable (not sent), redis_refused (not done), outcome_unknown (sent, not confirmed)
   */
  run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
  /** Runs a script that only reads, on the reading connection. @throws Problem redis_unavailable */
  runReadOnly(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>
  /** One plain command that writes, with the promises of `run`. */
  write(command: string, ...args: Argument[]): Promise<unknown>
  /** One plain command that reads, on the reading connection. @throws Problem redis_unavailable */
  query(command: string, ...args: Argument[]): Promise<unknown>
  readonly isReady: boolean
  /** Calls back when both connections are usable: at once if they are, and after every reconnection. */
  onReady(listener: () => void): void
  close(): Promise<void>
}

export function connectRedis(options: RedisOptionsOfSite): RedisAccess {
  const { replicas = 0, readDeadlineMs = 1_000, writeDeadlineMs = 3_000, onError = () => {} } = options
  const reads = open(options.url, 'latchkey-reads', readDeadlineMs)
  const writes = open(options.url, 'latchkey-writes', writeDeadlineMs)
  for (const connection of [reads, writes]) connection.on('error', onError)
  // A half-open connection answers nothing for as long as TCP pleases: after a missed deadline it is made anew.
  const batch = createReadBatch(reads, readDeadlineMs, () => reads.disconnect(true))

  async function send(name: string, args: readonly Argument[]): Promise<unknown> {
    if (writes.status !== 'ready') {
      throw new Problem('redis_unavailable', { cause: new Error(`connection to Redis is ${writes.status}`) })
    }
    const pipeline = writes.pipeline()
    pipeline.call(name, ...args)
    // WAIT speaks of the writes of its own connection only, so both leave in one pipeline.
    if (replicas > 0) pipeline.call('wait', replicas, Math.floor(writeDeadlineMs / 2))
    const replies = await within(pipeline.exec(), writeDeadlineMs).catch((cause: unknown) => {
      writes.disconnect(true)
      throw new Problem('outcome_unknown', { cause })
    })
    const [error, reply] = replies?.[0] ?? [new Error('no reply'), null]
    if (error !== null) throw writeProblem(error)
    const acknowledged = replicas > 0 ? Number(replies?.[1]?.[1] ?? 0) : 0
    if (acknowledged < replicas) {
      const cause = new Error(`${acknowledged} of ${replicas} replicas acknowledged the write`)
      throw new Problem('outcome_unknown', { cause })
    }
    return reply
  }

  async function query(name: string, args: readonly Argument[]): Promise<unknown> {
    if (reads.status !== 'ready') {
      throw new Problem('redis_unavailable', { cause: new Error(`connection to Redis is ${reads.status}`) })
    }
    return await within(reads.call(name, ...args), readDeadlineMs).catch((cause: unknown) => {
      throw new Problem('redis_unavailable', { cause })
    })
  }

  return {
    read: batch.read,
    async run(script, keys, args) {
      const rest = [keys.length, ...keys, ...args]
      try {
        return await send('evalsha', [script.sha, ...rest])
      } catch (error) {
        if (!isMissingScript(error)) throw error
        return await send('eval', [script.text, ...rest])
      }
    },
    async runReadOnly(script, keys, args) {
      const rest = [keys.length, ...keys, ...args]
      try {
        return await query('evalsha_ro', [script.sha, ...rest])
      } catch (error) {
        if (!isMissingScript(error)) throw error
        return await query('eval_ro', [script.text, ...rest])
      }
    },
    write: (command, ...args) => send(command, args),
    query: (command, ...args) => query(command, args),
    get isReady() {
      return reads.status === 'ready' && writes.status === 'ready'
    },
    onReady(listener) {
      const tell = (): void => {
        if (reads.status === 'ready' && writes.status === 'ready') listener()
      }
      reads.on('ready', tell)
      writes.on('ready', tell)
      tell()
    },
    async close() {
      await Promise.all(
        [reads, writes].map((connection) =>
          within(connection.quit(), patienceMs).catch(() => connection.disconnect()),
        ),
      )
    },
  }
}

function open(url: string, connectionName: string, deadlineMs: number): Redis {
  const options = {
    connectionName,
    connectTimeout: Math.max(deadlineMs, patienceMs),
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt: number) => Math.min(25 * 2 ** Math.min(attempt, 6), 1_000),
    // Never give up while Redis loads its data: it answers LOADING and the service says 503 meanwhile.
    maxLoadingRetryTime: 1_000,
  } satisfies RedisOptions
  const connection = url.startsWith('unix:')
    ? new Redis({ ...options, path: url.slice('unix:'.length) })
    : new Redis(url, options)
  // What ioredis says to a new connection before it is ready has no deadline: unanswered, it would wait for ever.
  let timer: NodeJS.Timeout | undefined
  connection.on('connect', () => {
    clearTimeout(timer)
    timer = setTimeout(() => connection.disconnect(true), Math.max(deadlineMs, patienceMs))
  })
  for (const event of ['ready', 'close']) connection.on(event, () => clearTimeout(timer))
  return connection
}

/** Rejects when the promise takes longer. Used for writes and lists; verification shares one timer a batch. */
async function within<Value>(promise: Promise<Value>, deadlineMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from Redis within ${deadlineMs} ms`)), deadlineMs)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function isMissingScript(error: unknown): boolean {
  return (
    error instanceof Problem && error.cause instanceof Error && error.cause.message.startsWith('NOSCRIPT')
  )
}

/** An error reply means that Redis did nothing; anything else means that we do not know. */
function writeProblem(error: Error): Problem {
  const isReply = error.name === 'ReplyError'
  return new Problem(isReply ? 'redis_refused' : 'outcome_unknown', { cause: error })
}
