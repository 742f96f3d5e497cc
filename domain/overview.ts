/**
 * The numbers of the administrators' overview. All are read off indexes and counts: what they cost does not depend on how
 * many keys there are. Keys that a revocation ended count until their records are removed (domain/jobs.ts).
 */
import type { ScoreRange } from '../store/key-index.ts'
import { type Counts, dayOf, otherAddresses } from '../store/use-counts.ts'
import { countApiKeys } from './api-key-count.ts'
import { everyApiKey } from './api-key-filter.ts'
import type { Core } from './core.ts'

const dayMs = 86_400_000
const weekDays = 7
const unusedDays = 90
const countedDays = 30
const countedMonths = 12
const mostSources = 10
/** Where times end and "never" (Infinity) has not begun. */
const latestMs = Number.MAX_SAFE_INTEGER

/** How many live keys each of the attention items means. */
export interface KeysToLookAt {
  readonly neverExpire: number
  /** Not used for 90 days; a key that was never used counts by its creation. */
  readonly unused: number
  /** Expire within 7 days. */
  readonly expireSoon: number
}

export interface KeyExpiries {
  /** This month (from now on) and those that follow, in UTC. */
  readonly months: readonly { readonly startMs: number; readonly count: number }[]
  /** Keys that expire after these months. */
  readonly later: number
  readonly never: number
  /** All live keys. */
  readonly live: number
}

export interface DayOfVerifications {
  /** Its first millisecond, UTC. */
  readonly startMs: number
  readonly accepted: number
  readonly refused: number
  /** By the code of the refusal. */
  readonly refusals: Counts
}

/** Of the last 7 days, today included. */
export interface RefusedSources {
  readonly total: number
  /** Those that were refused most often, most first; an IPv6 source is a /64 network. */
  readonly sources: readonly (readonly [source: string, count: number])[]
  /** Refusals from all others. */
  readonly others: number
}

/** @throws Problem (503) */
export async function countKeysToLookAt(core: Core, nowMs: number): Promise<KeysToLookAt> {
  const [neverExpire, unused, expireSoon] = await Promise.all([
    countApiKeys(core, { ...everyApiKey, expiresFromMs: Number.POSITIVE_INFINITY }),
    countApiKeys(core, { ...everyApiKey, unusedSinceMs: nowMs - unusedDays * dayMs }),
    countApiKeys(core, { ...everyApiKey, expiresFromMs: nowMs, expiresToMs: nowMs + weekDays * dayMs }),
  ])
  return { neverExpire, unused, expireSoon }
}

/** @throws Problem (503) */
export async function countExpiries(core: Core, nowMs: number): Promise<KeyExpiries> {
  const now = new Date(nowMs)
  // One more than is shown: where the last one ends.
  const starts = Array.from({ length: countedMonths + 1 }, (_, index) =>
    Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + index),
  )
  const ranges = starts.map((startMs, index): ScoreRange => {
    const endMs = starts[index + 1]
    // What expires at this millisecond is over.
    return { least: Math.max(startMs, nowMs + 1), greatest: endMs === undefined ? latestMs : endMs - 1 }
  })
  const forever = { least: Number.POSITIVE_INFINITY, greatest: Number.POSITIVE_INFINITY }
  const counts = await core.stores.keyIndex.count('expires', [...ranges, forever])
  return {
    months: starts.slice(0, countedMonths).map((startMs, index) => ({ startMs, count: counts[index] ?? 0 })),
    later: counts[countedMonths] ?? 0,
    never: counts[countedMonths + 1] ?? 0,
    live: sum(counts),
  }
}

/** The last 30 days, oldest first and today included, UTC. @throws Problem (503) */
export async function countVerifications(core: Core, nowMs: number): Promise<readonly DayOfVerifications[]> {
  const starts = lastDays(nowMs, countedDays)
  const counts = await core.stores.useCounts.outcomesOf(starts.map(dayOf))
  return starts.map((startMs, index) => {
    const refusals = new Map(counts[index])
    const accepted = refusals.get('accepted') ?? 0
    refusals.delete('accepted')
    return { startMs, accepted, refused: sum([...refusals.values()]), refusals }
  })
}

/**
 * Of each day only the addresses that were refused most are kept: what is missing is counted with the others.
 * @param days of `countVerifications`
 * @throws Problem (503)
 */
export async function countRefusedSources(
  core: Core,
  days: readonly DayOfVerifications[],
): Promise<RefusedSources> {
  const week = days.slice(-weekDays)
  const counts = await core.stores.useCounts.refusalsOf(week.map(({ startMs }) => dayOf(startMs)))
  const sources = [...counts]
    .filter(([source]) => source !== otherAddresses)
    .toSorted(([left, leftCount], [right, rightCount]) => rightCount - leftCount || (left < right ? -1 : 1))
    .slice(0, mostSources)
  // Counts may have come between the two reads: then the greater total is the newer one.
  const total = Math.max(sum(week.map(({ refused }) => refused)), sum([...counts.values()]))
  return { total, sources, others: total - sum(sources.map(([, count]) => count)) }
}

/** First milliseconds of so many days, UTC; the last one is today. */
function lastDays(nowMs: number, count: number): readonly number[] {
  const today = Math.floor(nowMs / dayMs) * dayMs
  return Array.from({ length: count }, (_, index) => today - (count - 1 - index) * dayMs)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
