/**
 * The audit log for administrators: filters, pages, export. Following it as it grows has its own file.
 */
import type { AuditEvent } from '../store/audit.ts'
import { type AuditEntry, type AuditOrder, type AuditPosition, auditStreams } from '../store/audit-log.ts'
import type { Core } from './core.ts'
import { makeCursor, readCursor } from './cursor.ts'
import { Problem } from './errors.ts'

/** For those above the domain, who choose among them. */
export { auditActions } from '../store/audit.ts'

export interface AuditFilter {
  /** Exact name of who did it, as themselves or while impersonating, or of whom they acted as; null: anyone. */
  readonly actor: string | null
  /** Exactly whom or what it was done to; null: anything. */
  readonly subject: string | null
  /** An action, or a noun that stands for all its actions; null: all. */
  readonly action: string | null
  /** First millisecond, and the first one after the end; null: open. */
  readonly fromMs: number | null
  readonly beforeMs: number | null
}

export interface AuditPage {
  readonly items: readonly AuditEntry[]
  /** null: this is all there is by now. A short page, even an empty one, with a cursor means "go on". */
  readonly nextCursor: string | null
}

/** Bounds what one request costs when a filter matches little. */
export const mostExamined = 5_000
/** As many as fill the greatest portions of all streams. */
const everything = 5_000

/** @throws Problem cursor_invalid */
export async function readAuditPage(
  core: Core,
  filter: AuditFilter,
  order: AuditOrder,
  limit: number,
  cursor: string | null,
): Promise<AuditPage> {
  const after = cursor === null ? null : positionOf(cursor, order)
  const items: AuditEntry[] = []
  let examined = 0
  let last: AuditEntry | null = null
  for await (const entry of await walkFrom(core, filter, order, after, limit + 1)) {
    const isFull = items.length === limit || examined === mostExamined
    if (isFull && last !== null) return { items, nextCursor: cursorOf(last, order) }
    if (matches(entry.event, filter)) items.push(entry)
    last = entry
    examined++
  }
  return { items, nextCursor: null }
}

/** Every matching event, in bounded memory. @param gone ends the walk, also while nothing matches */
export async function* exportAuditLog(
  core: Core,
  filter: AuditFilter,
  order: AuditOrder,
  gone: AbortSignal,
): AsyncGenerator<AuditEntry, void> {
  for await (const entry of await walkFrom(core, filter, order, null, everything)) {
    if (gone.aborted) return
    if (matches(entry.event, filter)) yield entry
  }
}

export function matches(event: AuditEvent, { actor, subject, action }: AuditFilter): boolean {
  if (actor !== null && event.actor.name !== actor && event.actor.impersonator !== actor) return false
  if (subject !== null && event.subject !== subject) return false
  return action === null || event.action === action || event.action.startsWith(`${action}.`)
}

/** What names an event for ever: the id that Redis gave, and the stream. */
export function auditIdOf({ ms, sequence, stream }: AuditPosition): string {
  return `${ms}-${sequence}-${labelOf(stream)}`
}

async function walkFrom(
  core: Core,
  { fromMs, beforeMs }: AuditFilter,
  order: AuditOrder,
  after: AuditPosition | null,
  wanted: number,
): Promise<AsyncIterable<AuditEntry>> {
  const log = core.stores.auditLog
  const range = { order, fromMs: fromMs ?? 0, beforeMs, after, wanted }
  if (order === 'desc') return log.walk(range)
  // Forwards, only where nothing can be added any more: an event of a stream that was read already must not end up
  // before the cursor.
  const completeMs = await log.completeBeforeMs()
  return log.walk({ ...range, beforeMs: Math.min(beforeMs ?? completeMs, completeMs) })
}

function cursorOf({ ms, sequence, stream }: AuditPosition, order: AuditOrder): string {
  return makeCursor(`audit ${order}`, [ms, sequence, labelOf(stream)])
}

function positionOf(cursor: string, order: AuditOrder): AuditPosition {
  const [ms, sequence, label] = readCursor(cursor, `audit ${order}`, [0, 0, ''] as const)
  const stream = auditStreams.findIndex((each) => each.label === label)
  // No event has the id 0-0, and Redis takes no range that ends before it.
  if (!isCount(ms) || !isCount(sequence) || ms + sequence === 0 || stream < 0)
    throw new Problem('cursor_invalid')
  return { ms, sequence, stream }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function labelOf(stream: number): string {
  return auditStreams[stream]?.label ?? ''
}
