/**
 * The filter of the page on the audit log between what was typed and what is asked: days of the calendar on the page,
 * moments in the domain and in the API. Pure.
 */
import type { AuditFilter } from '../../domain/audit-log.ts'
import { Problem } from '../../domain/errors.ts'
import { withQuery } from './addresses.ts'
import { isActionOrNoun } from './audit-words.ts'
import { dayMs, dayOf } from './days.ts'

/** The fields as they were typed; '': nothing. */
export interface TypedFilter {
  readonly actor: string
  readonly subject: string
  readonly action: string
  /** Days, such as 2026-11-23, in UTC; both belong to the range. */
  readonly from: string
  readonly to: string
}

const longestName = 128

/** @throws Problem request_invalid, in words for whoever filled the form in */
export function auditFilterOf({ actor, subject, action, from, to }: TypedFilter): AuditFilter {
  checkName('Done by', actor)
  checkName('Done to', subject)
  if (action !== '' && !isActionOrNoun(action))
    throw refusal('There is no such action: choose one of the list.')
  const fromMs = dayOf('From', from)
  const lastMs = dayOf('To', to)
  if (fromMs !== null && lastMs !== null && fromMs > lastMs) {
    throw refusal(`The first day, ${from}, is later than the last one, ${to}.`)
  }
  return {
    actor: actor === '' ? null : actor,
    subject: subject === '' ? null : subject,
    action: action === '' ? null : action,
    fromMs,
    beforeMs: lastMs === null ? null : lastMs + dayMs,
  }
}

/** The address that gives all that matches as CSV. */
export function csvAddress({ actor, subject, action, fromMs, beforeMs }: AuditFilter): string {
  const time = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString())
  const query = { actor, subject, action, from: time(fromMs), to: time(beforeMs) }
  return withQuery('/v1/admin/audit', { format: 'csv', ...query })
}

/** The address of this page with the same filter. @param cursor null: its first page */
export function pageAddress(path: string, typed: TypedFilter, cursor: string | null): string {
  const { actor, subject, action, from, to } = typed
  return withQuery(path, { actor, subject, action, from, to, cursor })
}

function checkName(field: string, name: string): void {
  if (name.length > longestName) throw refusal(`${field}: a name has at most ${longestName} characters.`)
}

function refusal(detail: string): Problem {
  return new Problem('request_invalid', { detail })
}
