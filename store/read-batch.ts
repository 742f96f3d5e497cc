/**
 * Reads for verification: what all requests of one turn of the event loop need leaves as one MGET, each name once,
 * with TIME beside it. A request never joins a batch that has been sent, so what it sees is never older than the
 * request. No cache: the truth is read every time, and that costs a few microseconds. One timer a batch.
 */
import type { Redis } from 'ioredis'
import { Problem } from '../domain/errors.ts'

/** What one MGET can hold before the next begins: bounds how long Redis and the parser are busy with one reply. */
const namesPerBatch = 512

export interface Reading {
  /** Stored texts in the order of the names asked for; null where there is none. */
  readonly texts: readonly (string | null)[]
  /** Redis TIME of this very read, in milliseconds since the epoch. */
  readonly nowMs: number
}

export interface ReadBatch {
  /** @throws Problem redis_unavailable, at the latest after the deadline */
  read(names: readonly string[]): Promise<Reading>
}

interface Waiting {
  readonly positions: readonly number[]
  readonly resolve: (reading: Reading) => void
  readonly reject: (problem: Problem) => void
}

interface Batch {
  readonly positions: Map<string, number>
  readonly waiting: Waiting[]
}

/**
 * @param deadlineMs how long a batch may take before its requests get 503
 * @param onDeadline called when a batch was given up: the connection may be half open
 */
export function createReadBatch(redis: Redis, deadlineMs: number, onDeadline: () => void): ReadBatch {
  let open: Batch | null = null

  function read(names: readonly string[]): Promise<Reading> {
    if (open !== null && open.positions.size + names.length > namesPerBatch) sendOpenBatch()
    if (open === null) {
      open = { positions: new Map(), waiting: [] }
      // setImmediate runs once all sockets that were readable in this turn have been served: they share the batch.
      setImmediate(sendOpenBatch)
    }
    const { positions: known, waiting } = open
    const positions = names.map((name) => {
      const position = known.get(name) ?? known.size
      known.set(name, position)
      return position
    })
    return new Promise((resolve, reject) => waiting.push({ positions, resolve, reject }))
  }

  function sendOpenBatch(): void {
    if (open === null) return
    const batch = open
    open = null
    send(batch)
  }

  function send({ positions: known, waiting }: Batch): void {
    let isSettled = false
    const fail = (cause: unknown): void => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      for (const { reject } of waiting) reject(new Problem('redis_unavailable', { cause }))
    }
    const timer = setTimeout(() => {
      fail(new Error(`no answer from Redis within ${deadlineMs} ms`))
      onDeadline()
    }, deadlineMs)
    if (redis.status !== 'ready') {
      fail(new Error(`connection to Redis is ${redis.status}`))
      return
    }

    Promise.all([redis.mget([...known.keys()]), redis.time()]).then(([texts, [seconds, microseconds]]) => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      const nowMs = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
      for (const { positions, resolve } of waiting) {
        resolve({ texts: positions.map((position) => texts[position] ?? null), nowMs })
      }
    }, fail)
  }

  return { read }
}
