/**
 * The audit log between domain and wire: the query as a filter, events as JSON, CSV rows and lines.
 */
import { type AuditFilter, type AuditPage, auditIdOf } from '../../../domain/audit-log.ts'
import { Problem } from '../../../domain/errors.ts'
import type { AuditEvent, AuditPage as AuditPageOnWire, AuditQuery } from '../../../schemas/audit.ts'
import type { AuditEntry } from '../../../store/audit-log.ts'
import { timeText } from '../../wire.ts'

/** @throws Problem request_invalid for a time that does not exist, and for a range that ends before it begins */
export function auditFilterOf(query: AuditQuery): AuditFilter {
  const fromMs = millisecondsOf('from', query.from)
  const beforeMs = millisecondsOf('to', query.to)
  if (fromMs !== null && beforeMs !== null && fromMs > beforeMs) {
    throw new Problem('request_invalid', { detail: '"from" is later than "to".' })
  }
  const { actor, subject, action } = query
  return { actor: actor ?? null, subject: subject ?? null, action: action ?? null, fromMs, beforeMs }
}

function millisecondsOf(name: string, time: string | undefined): number | null {
  if (time === undefined) return null
  const ms = Date.parse(time.toUpperCase())
  if (Number.isNaN(ms)) throw new Problem('request_invalid', { detail: `"${name}" is no time that exists.` })
  return Math.max(ms, 0)
}

export function pageOnWire({ items, nextCursor }: AuditPage): AuditPageOnWire {
  return { items: items.map(auditEventOnWire), nextCursor }
}

function auditEventOnWire(entry: AuditEntry): AuditEvent {
  const { action, actor, subject, address, details = {} } = entry.event
  const { kind, name, id, impersonator } = actor
  return {
    id: auditIdOf(entry),
    at: timeText(entry.ms),
    action,
    actor: { kind, name, id, ...(impersonator === undefined ? {} : { impersonator }) },
    subject,
    address,
    details: { ...details },
  }
}

export const csvHeader = [
  'at',
  'action',
  'actor',
  'actorKind',
  'actorId',
  'subject',
  'address',
  'details',
  // Last, where it moves no other column.
  'impersonator',
] as const

export async function* csvRows(entries: AsyncIterable<AuditEntry>): AsyncGenerator<readonly string[], void> {
  for await (const entry of entries) {
    const { at, action, actor, subject, address, details } = auditEventOnWire(entry)
    const { kind, name, id, impersonator = '' } = actor
    yield [at, action, name, kind, id, subject, address, JSON.stringify(details), impersonator]
  }
}

/** One line an event; an empty one as a sign of life. */
export async function* ndjsonLines(entries: AsyncIterable<AuditEntry | null>): AsyncGenerator<string, void> {
  for await (const entry of entries)
    yield entry === null ? '\n' : `${JSON.stringify(auditEventOnWire(entry))}\n`
}

/** For OpenAPI. */
const exampleEvent: AuditEvent = {
  id: '1795471200000-0-A',
  at: '2026-11-23T22:00:00.000Z',
  action: 'api-key.revoked',
  actor: { kind: 'service', name: 'gateway', id: 'gateway' },
  subject: 'ada@example.org',
  address: '192.0.2.7',
  details: { id: 'Ab3dEf6hIj9lMn2p', number: 42 },
}

export const exampleLine = `${JSON.stringify(exampleEvent)}\n`

export const exampleCsv =
  '"at","action","actor","actorKind","actorId","subject","address","details","impersonator"\r\n' +
  '"2026-11-23T22:00:00.000Z","api-key.revoked","gateway","service","gateway","ada@example.org","192.0.2.7","{""number"":42}",""\r\n'
