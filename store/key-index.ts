/**
 * The site-wide indexes of API keys, walked in order over all shards at once. A page costs the same at ten keys and at a
 * million: each shard gives a few entries, and more only when its few are used up.
 * Callers: domain/api-key-list.ts, domain/api-key-count.ts, domain/tidying.ts.
 */
import { names, shards } from './names.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

/** By time of creation, by expiry (+Infinity: never), or by last use (below zero: `placeOfNeverUsed`). */
export type KeyIndexName = 'created' | 'expires' | 'used'
export type IndexOrder = 'asc' | 'desc'

export interface IndexEntry {
  /** Public id of the API key. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly score: number
}

/** Both ends inclusive; -Infinity and Infinity for open ends. */
export interface ScoreRange {
  readonly least: number
  readonly greatest: number
}

export interface IndexRange extends ScoreRange {
  readonly order: IndexOrder
  /** The last entry that was read; null: from the beginning. */
  readonly after: IndexEntry | null
}

export interface KeyIndexStore {
  /** Every entry of the range in order of (score, id), over all shards. Reads a little ahead, never the whole. */
  walk(index: KeyIndexName, range: IndexRange): AsyncGenerator<IndexEntry, void>
  /** How many entries each of the ranges has, over all shards. The cost does not depend on how many there are. */
  count(index: KeyIndexName, ranges: readonly ScoreRange[]): Promise<readonly number[]>
  /** Public ids of keys of the shard whose expiry is over, at most so many. */
  expired(shard: string, nowMs: number, limit: number): Promise<readonly string[]>
}

const indexNames: Readonly<Record<KeyIndexName, (shard: string) => string>> = {
  created: names.allApiKeys,
  expires: names.expiries,
  used: names.lastUsed,
}

/**
 * In the index of last uses, a key that was never used lies before all others, the oldest first: its creation minus
 * 10^13 ms, which no time of a use reaches.
 */
export function placeOfNeverUsed(createdMs: number): number {
  return createdMs - 1e13
}

/** @param score in the index of last uses. @returns milliseconds since the epoch, or null: never used */
export function lastUseOf(score: number): number | null {
  return score < 0 ? null : score
}

/** Entries that one shard gives at a time. */
const entriesPerShard = 8

interface Buffer {
  readonly shard: string
  entries: readonly IndexEntry[]
  position: number
  isExhausted: boolean
}

export function createKeyIndexStore(redis: RedisAccess): KeyIndexStore {
  async function fill(buffer: Buffer, index: KeyIndexName, range: IndexRange, count: number): Promise<void> {
    const after = buffer.entries.at(-1) ?? range.after
    const reply = (await redis.runReadOnly(
      scripts.pageOfIndex,
      [indexNames[index](buffer.shard)],
      [
        range.order,
        after === null ? '' : scoreText(after.score),
        after?.id ?? '',
        scoreText(range.least),
        scoreText(range.greatest),
        count,
      ],
    )) as string[]
    buffer.entries = inPairs(reply)
    buffer.position = 0
    buffer.isExhausted = buffer.entries.length < count
  }

  return {
    async *walk(index, range) {
      const buffers: Buffer[] = shards.map((shard) => ({
        shard,
        entries: [],
        position: 0,
        isExhausted: false,
      }))
      await Promise.all(buffers.map((buffer) => fill(buffer, index, range, entriesPerShard)))
      while (true) {
        const next = nextOf(buffers, range.order)
        const entry = next?.entries[next.position]
        if (next === null || entry === undefined) return
        next.position++
        // The next fill grows, so that a long walk over few shards is not many small reads.
        if (next.position === next.entries.length && !next.isExhausted) {
          await fill(next, index, range, Math.min(next.entries.length * 2, 256))
        }
        yield entry
      }
    },
    async count(index, ranges) {
      const bounds = ranges.flatMap(({ least, greatest }) => [scoreText(least), scoreText(greatest)])
      const ofShards = await Promise.all(
        shards.map(async (shard) => {
          return (await redis.runReadOnly(
            scripts.countOfIndex,
            [indexNames[index](shard)],
            bounds,
          )) as number[]
        }),
      )
      return ranges.map((_, range) => ofShards.reduce((sum, counts) => sum + Number(counts[range] ?? 0), 0))
    },
    async expired(shard, nowMs, limit) {
      const range = ['-inf', nowMs, 'BYSCORE', 'LIMIT', 0, limit] as const
      return (await redis.query('zrange', names.expiries(shard), ...range)) as string[]
    },
  }
}

function nextOf(buffers: readonly Buffer[], order: IndexOrder): Buffer | null {
  let best: Buffer | null = null
  for (const buffer of buffers) {
    const entry = buffer.entries[buffer.position]
    const bestEntry = best?.entries[best.position]
    if (entry === undefined) continue
    if (bestEntry === undefined || isBefore(entry, bestEntry, order)) best = buffer
  }
  return best
}

/** The order of every index: by score, then by id; ids are ASCII, so that JavaScript and Redis agree. */
export function isBefore(left: IndexEntry, right: IndexEntry, order: IndexOrder): boolean {
  const [first, second] = order === 'asc' ? [left, right] : [right, left]
  return first.score < second.score || (first.score === second.score && first.id < second.id)
}

function inPairs(reply: readonly string[]): readonly IndexEntry[] {
  const entries: IndexEntry[] = []
  for (let index = 0; index + 1 < reply.length; index += 2) {
    entries.push({ id: String(reply[index]), score: scoreOf(String(reply[index + 1])) })
  }
  return entries
}

function scoreText(score: number): string {
  if (score === Number.POSITIVE_INFINITY) return '+inf'
  return score === Number.NEGATIVE_INFINITY ? '-inf' : String(score)
}

function scoreOf(text: string): number {
  return text === 'inf' || text === '+inf' ? Number.POSITIVE_INFINITY : Number(text)
}
