/**
 * Following the audit log: what there was since a time, and then what comes, in the order of time. It polls, because a
 * blocking read would hold up everybody else on the connection, and 63 streams cannot be waited for in a Cluster.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type AuditEntry, endsBefore } from '../store/audit-log.ts'
import { type AuditFilter, matches } from './audit-log.ts'
import type { Core } from './core.ts'

export interface AuditFollowing {
  /** Its `fromMs` null: only what comes from now on. Its `beforeMs` has no meaning here. */
  readonly filter: AuditFilter
  /** Ends it. */
  readonly gone: AbortSignal
  /** Whether the caller is still let in: asked before anything is handed out, since keys are revoked meanwhile. */
  readonly mayGoOn: () => Promise<boolean>
  readonly pollEveryMs?: number
  readonly heartbeatEveryMs?: number
}

const entriesAtOnce = 100

/**
 * Yields matching events, and null as a sign of life: first of all, when it has begun (whatever happens from then on
 * will be seen), and whenever there was nothing to tell for a while.
 * @throws Problem when Redis fails: it then has to be begun anew
 */
export async function* followAuditLog(
  core: Core,
  { filter, gone, mayGoOn, pollEveryMs = 500, heartbeatEveryMs = 15_000 }: AuditFollowing,
): AsyncGenerator<AuditEntry | null, void> {
  const begunMs = await core.stores.auditLog.completeBeforeMs()
  yield null
  let lastSignMs = performance.now()
  for await (const entries of growingLog(core, filter.fromMs ?? begunMs, begunMs, pollEveryMs, gone)) {
    // Asked after the events were read and before they are handed out (see AuditFollowing).
    if (gone.aborted || !(await mayGoOn())) return
    const wanted = entries.filter(({ event }) => matches(event, filter))
    yield* wanted
    const isQuiet = performance.now() - lastSignMs >= heartbeatEveryMs
    if (wanted.length === 0 && !isQuiet) continue
    if (wanted.length === 0) yield null
    lastSignMs = performance.now()
  }
}

/** The log from a time on, in small portions, without an end; an empty one after each look that found nothing. */
async function* growingLog(
  core: Core,
  fromMs: number,
  begunMs: number,
  pollEveryMs: number,
  gone: AbortSignal,
): AsyncGenerator<readonly AuditEntry[], void> {
  const log = core.stores.auditLog
  const past = { order: 'asc', fromMs, beforeMs: begunMs, after: null, wanted: entriesAtOnce } as const
  let waiting: AuditEntry[] = []
  for await (const entry of log.walk(past)) {
    waiting.push(entry)
    if (waiting.length < entriesAtOnce) continue
    yield waiting
    waiting = []
  }
  yield waiting
  let ends = endsBefore(Math.max(fromMs, begunMs))
  while (!gone.aborted) {
    const news = await log.readNew(ends)
    ends = news.ends
    yield news.entries
    // Being woken early is no error: the loop sees that it is over.
    if (!news.isMore) await delay(pollEveryMs, undefined, { signal: gone }).catch(() => {})
  }
}
