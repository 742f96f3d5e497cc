/**
 * Counts of verifications, for the administrators' overview: by day and outcome, and refusals by day and address. Noted in
 * memory, off the hot path, and written every few seconds; an instance that dies loses a few seconds of them. Nothing is
 * decided by these counts.
 */
import { createFlusher, type Flusher } from './flush.ts'
import { names } from './names.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

/** Counts that belong together: of one UTC day. */
interface Noted {
  readonly outcomes: Map<string, number>
  readonly addresses: Map<string, number>
}

/** What could not be written is noted again. */
export interface UseCounts extends Flusher {
  /**
   * @param outcome 'accepted', or the code of the refusal
   * @param address who was refused; null where that is not counted
   */
  note(outcome: string, address: string | null, atMs: number): void
}

export interface UseCountStore {
  add(day: string, outcomes: Counts, addresses: Counts): Promise<void>
  /** Counts by outcome, in the order of the days. */
  outcomesOf(days: readonly string[]): Promise<readonly Counts[]>
  /** Addresses that were refused on these days, and how often. */
  refusalsOf(days: readonly string[]): Promise<Counts>
}

export type Counts = ReadonlyMap<string, number>

/** YYYY-MM-DD, UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

const dayMs = 86_400_000
const outcomesKeptMs = 400 * dayMs
const refusalsKeptMs = 8 * dayMs
/** Addresses of one day that Redis keeps: those refused most often. */
const mostAddresses = 1_000
/** Addresses that are noted between two writes; a flood of others is counted under this name (threat 18). */
const mostNoted = 1_000
export const otherAddresses = 'others'

export function createUseCountStore(redis: RedisAccess): UseCountStore {
  return {
    async add(day, outcomes, addresses) {
      const keys = [names.verificationsOfDay(day), names.refusalsOfDay(day)]
      const kept = [outcomesKeptMs, refusalsKeptMs, mostAddresses]
      const counts = [...[...outcomes].flat(), ...[...addresses].flat()]
      await redis.run(scripts.recordCounts, keys, [...kept, outcomes.size, ...counts])
    },
    async outcomesOf(days) {
      const replies = await Promise.all(
        days.map((day) => redis.query('hgetall', names.verificationsOfDay(day))),
      )
      return replies.map((reply) => countsOf(pairsOf(reply)))
    },
    async refusalsOf(days) {
      const range = [0, mostAddresses - 1, 'REV', 'WITHSCORES'] as const
      const replies = await Promise.all(
        days.map((day) => redis.query('zrange', names.refusalsOfDay(day), ...range)),
      )
      return countsOf(replies.flatMap(pairsOf))
    },
  }
}

export function createUseCounts(store: Pick<UseCountStore, 'add'>): UseCounts {
  /** By day since the epoch: a name for it is made only when it is written. */
  let noted = new Map<number, Noted>()

  async function writeNoted(): Promise<void> {
    const days = noted
    noted = new Map()
    for (const [day, counts] of days) {
      await store
        .add(dayOf(day * dayMs), counts.outcomes, counts.addresses)
        .catch(() => noteAgain(day, counts))
    }
  }

  function ofDay(day: number): Noted {
    const known = noted.get(day) ?? { outcomes: new Map(), addresses: new Map() }
    noted.set(day, known)
    return known
  }

  function noteAgain(day: number, counts: Noted): void {
    const { outcomes, addresses } = ofDay(day)
    for (const [outcome, count] of counts.outcomes) add(outcomes, outcome, count)
    for (const [address, count] of counts.addresses) add(addresses, bounded(addresses, address), count)
  }

  return {
    note(outcome, address, atMs) {
      const { outcomes, addresses } = ofDay(Math.floor(atMs / dayMs))
      add(outcomes, outcome, 1)
      if (address !== null) add(addresses, bounded(addresses, address), 1)
    },
    ...createFlusher(writeNoted),
  }
}

function bounded(addresses: ReadonlyMap<string, number>, address: string): string {
  return addresses.has(address) || addresses.size < mostNoted ? address : otherAddresses
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}

function countsOf(pairs: readonly (readonly [string, number])[]): Counts {
  const counts = new Map<string, number>()
  for (const [name, count] of pairs) add(counts, name, count)
  return counts
}

/** A reply of names and numbers, flat or as an object (RESP3 maps). */
function pairsOf(reply: unknown): readonly (readonly [string, number])[] {
  if (!Array.isArray(reply))
    return Object.entries(reply as object).map(([name, count]) => [name, Number(count)] as const)
  const flat = reply.flat()
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), Number(flat[index + 1])] as const] : [],
  )
}
