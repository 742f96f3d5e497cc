/**
 * Reading the audit log: 63 streams, one for each shard and one for the site, as one log in the order of time. Every
 * stream is read in small portions on demand, so what a page costs depends on the page and not on the length of the log.
 * Writing is in store/audit.ts. Callers: domain/audit-log.ts, domain/audit-follow.ts.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '../domain/errors.ts'
import type { AuditEvent } from './audit.ts'
import { names, shards } from './names.ts'
import type { RedisAccess } from './redis.ts'

export type AuditOrder = 'asc' | 'desc'

/** Where an event lies. Time decides, then the number within the millisecond, then the stream. */
export interface AuditPosition {
  /** Milliseconds since the epoch, and the number within the millisecond: the id that Redis gave. */
  readonly ms: number
  readonly sequence: number
  /** Index in `auditStreams`. */
  readonly stream: number
}

export interface AuditEntry extends AuditPosition {
  readonly event: AuditEvent
}

export interface AuditRange {
  readonly order: AuditOrder
  /** First millisecond that belongs to it. */
  readonly fromMs: number
  /** First millisecond that does not; null: no end. */
  readonly beforeMs: number | null
  /** Only what comes after this one in the order; null: from the beginning. */
  readonly after: AuditPosition | null
  /** How many the caller means to take: sizes the first portions and changes nothing else. */
  readonly wanted: number
}

/** For every stream the id of the last event that was seen. */
export type AuditEnds = readonly string[]

export interface AuditLogStore {
  /** The events of a range, merged. What is appended meanwhile may or may not be among them; nothing else is missed. */
  walk(range: AuditRange): AsyncGenerator<AuditEntry, void>
  /**
   * A time before which the log is complete: all events there are lie before it, and none will be added there. Who
   * reads forwards up to it, and goes on from there later, misses nothing.
   */
  completeBeforeMs(): Promise<number>
  /** Events behind the ends, oldest first, at one moment of all streams; `isMore`: there were more than it takes. */
  readNew(ends: AuditEnds): Promise<{
    readonly entries: readonly AuditEntry[]
    readonly ends: AuditEnds
    readonly isMore: boolean
  }>
}

export const auditStreams: readonly { readonly label: string; readonly name: string }[] = [
  ...shards.map((shard) => ({ label: shard, name: names.auditOfShard(shard) })),
  { label: 'site', name: names.auditOfSite },
]

/** Portions of one stream grow from what a page needs to what a long walk needs. */
const leastPortion = 4
const greatestPortion = 128
const newPerStream = 100

export function isBefore(left: AuditPosition, right: AuditPosition, order: AuditOrder): boolean {
  const difference = left.ms - right.ms || left.sequence - right.sequence || left.stream - right.stream
  return order === 'asc' ? difference < 0 : difference > 0
}

/** The ends of what lies before a time: `readNew` goes on with the first event at or after it. */
export function endsBefore(ms: number): AuditEnds {
  const end = ms > 0 ? `${ms - 1}-18446744073709551615` : '0-0'
  return auditStreams.map(() => end)
}

/** A stream within a walk: what was read of it and not yet taken, and where its next portion begins. */
interface Lane {
  readonly stream: number
  waiting: readonly RawEntry[]
  taken: number
  start: string
  portion: number
  isReadToTheEnd: boolean
}

interface RawEntry extends AuditPosition {
  readonly fields: readonly string[]
}

type Reply = readonly (readonly [string, readonly string[]])[]

export function createAuditLogStore(redis: RedisAccess): AuditLogStore {
  async function* walk(range: AuditRange): AsyncGenerator<AuditEntry, void> {
    if (range.beforeMs !== null && range.beforeMs <= range.fromMs) return
    let lanes = auditStreams.map((_, stream) => openLane(range, stream))
    await Promise.all(lanes.map((lane) => refill(lane, range)))
    lanes = lanes.filter(isOpen)
    for (let lane = nextLane(lanes, range.order); lane !== null; lane = nextLane(lanes, range.order)) {
      const entry = lane.waiting[lane.taken]
      if (entry === undefined) return
      lane.taken++
      yield toEntry(entry)
      // Only now, when more is asked for: the last event of a page reads nothing ahead.
      if (lane.taken < lane.waiting.length) continue
      if (!lane.isReadToTheEnd) await refill(lane, range)
      lanes = lanes.filter(isOpen)
    }
  }

  async function refill(lane: Lane, range: AuditRange): Promise<void> {
    const isForwards = range.order === 'asc'
    const oldest = `${range.fromMs}-0`
    const newest = range.beforeMs === null ? '+' : `(${range.beforeMs}-0`
    const reply = (await redis.query(
      isForwards ? 'xrange' : 'xrevrange',
      streamName(lane.stream),
      lane.start,
      isForwards ? newest : oldest,
      'COUNT',
      lane.portion,
    )) as Reply
    const last = reply.at(-1)
    lane.waiting = reply.map((each) => toRawEntry(each, lane.stream))
    lane.taken = 0
    lane.isReadToTheEnd = reply.length < lane.portion
    if (last !== undefined) lane.start = `(${last[0]}`
    lane.portion = Math.min(2 * lane.portion, greatestPortion)
  }

  async function timeMs(): Promise<number> {
    const [seconds, microseconds] = (await redis.query('time')) as [string, string]
    return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
  }

  return {
    walk,

    async completeBeforeMs() {
      // Events of the running millisecond may still come, so it has to end first.
      const running = await timeMs()
      let now = running
      while (now === running) {
        await delay(1)
        now = await timeMs()
      }
      return now
    },

    async readNew(ends) {
      const streams = auditStreams.map(({ name }) => name)
      // All streams at one moment, so that nothing older can turn up later. Without BLOCK: verification shares the connection.
      const reply = (await redis.query('xread', 'COUNT', newPerStream, 'STREAMS', ...streams, ...ends)) as
        | readonly [string, Reply][]
        | null
      const read = (reply ?? []).map(([name, entries]) =>
        entries.map((each) => toRawEntry(each, streams.indexOf(name))),
      )
      // Behind the last one of a stream that was not read to its end there may be earlier ones than the others' last.
      const cut = read
        .filter((entries) => entries.length === newPerStream)
        .flatMap((entries) => entries.slice(-1))
        .sort(byTime)[0]
      const seen = read
        .flat()
        .filter((entry) => cut === undefined || !isBefore(cut, entry, 'asc'))
        .sort(byTime)
      const newEnds = [...ends]
      for (const { ms, sequence, stream } of seen) newEnds[stream] = `${ms}-${sequence}`
      return { entries: seen.map(toEntry), ends: newEnds, isMore: cut !== undefined }
    },
  }
}

function openLane({ order, fromMs, beforeMs, after, wanted }: AuditRange, stream: number): Lane {
  const portion = Math.ceil((2 * wanted) / auditStreams.length)
  const lane = {
    stream,
    waiting: [],
    taken: 0,
    portion: Math.max(leastPortion, Math.min(portion, greatestPortion)),
    isReadToTheEnd: false,
  }
  const isForwards = order === 'asc'
  const beginning = isForwards ? `${fromMs}-0` : beforeMs === null ? '+' : `(${beforeMs}-0`
  const isInside =
    after !== null && (isForwards ? after.ms >= fromMs : beforeMs === null || after.ms < beforeMs)
  if (!isInside) return { ...lane, start: beginning }
  // The same id in a stream that comes later in the order has not been seen yet.
  const isIncluded = isForwards ? stream > after.stream : stream < after.stream
  return { ...lane, start: `${isIncluded ? '' : '('}${after.ms}-${after.sequence}` }
}

function isOpen(lane: Lane): boolean {
  return lane.taken < lane.waiting.length
}

function nextLane(lanes: readonly Lane[], order: AuditOrder): Lane | null {
  let first: Lane | null = null
  let firstEntry: RawEntry | undefined
  for (const lane of lanes) {
    const entry = lane.waiting[lane.taken]
    if (entry === undefined || (firstEntry !== undefined && !isBefore(entry, firstEntry, order))) continue
    first = lane
    firstEntry = entry
  }
  return first
}

function byTime(left: AuditPosition, right: AuditPosition): number {
  return isBefore(left, right, 'asc') ? -1 : 1
}

function streamName(stream: number): string {
  return auditStreams[stream]?.name ?? ''
}

function toRawEntry([id, fields]: Reply[number], stream: number): RawEntry {
  const dash = id.indexOf('-')
  return { ms: Number(id.slice(0, dash)), sequence: Number(id.slice(dash + 1)), stream, fields }
}

/** @throws Problem internal_error for an entry that is none of ours: a log with holes must not look whole */
function toEntry({ ms, sequence, stream, fields }: RawEntry): AuditEntry {
  try {
    // Of a client that was gone already there may be no address.
    const event: AuditEvent = { address: '', ...JSON.parse(fields[fields.indexOf('event') + 1] ?? '') }
    return { ms, sequence, stream, event }
  } catch (cause) {
    const place = `audit entry ${ms}-${sequence} of ${streamName(stream)} cannot be read`
    throw new Problem('internal_error', { cause: new Error(place, { cause }) })
  }
}
