/**
 * Reads for verification: what all requests of one turn of the event loop need leaves as one MGET, each name once,
 * with TIME beside it, and session hashes as HMGET in the same write. A request never joins a batch that has been sent, so what it sees is never older than the
 * request. No cache: the truth is read every time, and that costs a few microseconds. One timer a batch.
 */
import type { Redis } from 'ioredis'
import { Problem } from '../domain/errors.ts'

/** What one MGET can hold before the next begins: bounds how long Redis and the parser are busy with one reply. */
const namesPerBatch = 512

/** Some fields of one hash. */
export interface HashRead {
  readonly name: string
  readonly fields: readonly string[]
}

export interface Reading {
  /** Stored texts in the order of the names asked for; null where there is none. */
  readonly texts: readonly (string | null)[]
  /** Of the hash, in the order of its fields; empty when none was asked for. */
  readonly fields: readonly (string | null)[]
  /** Redis TIME of this very read, in milliseconds since the epoch. */
  readonly nowMs: number
}

export interface ReadBatch {
  /** @throws Problem redis_unavailable, at the latest after the deadline */
  read(names: readonly string[], hash?: HashRead): Promise<Reading>
}

interface Waiting {
  readonly positions: readonly number[]
  /** Position of the hash among the batch's; -1: none. */
  readonly hash: number
  readonly resolve: (reading: Reading) => void
  readonly reject: (problem: Problem) => void
}

interface Batch {
  readonly positions: Map<string, number>
  readonly hashes: HashRead[]
  readonly waiting: Waiting[]
}

/**
 * @param deadlineMs how long a batch may take before its requests get 503
 * @param onDeadline called when a batch was given up: the connection may be half open
 */
export function createReadBatch(redis: Redis, deadlineMs: number, onDeadline: () => void): ReadBatch {
  let open: Batch | null = null

  function read(names: readonly string[], hash?: HashRead): Promise<Reading> {
    if (open !== null && open.positions.size + open.hashes.length + names.length > namesPerBatch)
      sendOpenBatch()
    if (open === null) {
      open = { positions: new Map(), hashes: [], waiting: [] }
      // setImmediate runs once all sockets that were readable in this turn have been served: they share the batch.
      setImmediate(sendOpenBatch)
    }
    const { positions: known, hashes, waiting } = open
    const positions = names.map((name) => {
      const position = known.get(name) ?? known.size
      known.set(name, position)
      return position
    })
    const hashPosition = hash === undefined ? -1 : hashes.push(hash) - 1
    return new Promise((resolve, reject) => waiting.push({ positions, hash: hashPosition, resolve, reject }))
  }

  function sendOpenBatch(): void {
    if (open === null) return
    const batch = open
    open = null
    send(batch)
  }

  function send({ positions: known, hashes, waiting }: Batch): void {
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

    const reads = [
      redis.mget([...known.keys()]),
      redis.time(),
      Promise.all(hashes.map(({ name, fields }) => redis.hmget(name, ...fields))),
    ] as const
    Promise.all(reads).then(([texts, [seconds, microseconds], fieldsOfHashes]) => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      const nowMs = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
      for (const { positions, hash, resolve } of waiting) {
        const fields = fieldsOfHashes[hash] ?? []
        resolve({ texts: positions.map((position) => texts[position] ?? null), fields, nowMs })
      }
    }, fail)
  }

  return { read }
}
