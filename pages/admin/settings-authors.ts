/**
 * Who changed the settings meanwhile: the newest events of the audit log that tell of it.
 */
import { readAuditPage } from '../../domain/audit-log.ts'
import type { Core } from '../../domain/core.ts'
import type { AuditEntry } from '../../store/audit-log.ts'
import type { ForeignChange, SettingName } from './settings-merge.ts'

export interface Author {
  /** A user, or a service. */
  readonly kind: AuditEntry['event']['actor']['kind']
  readonly name: string
  readonly atMs: number
}

type Changes = Readonly<Partial<Record<SettingName, ForeignChange>>>

const filter = { actor: null, subject: null, action: 'settings.changed', fromMs: null, beforeMs: null }
const eventsAtOnce = 50
/** The change was moments ago, but where every second sees a thousand other events that may be some pages back. */
const mostPages = 10

/** @returns for each field the last one who changed it; a field is left out where the log does not tell (any more) */
export async function authorsOf(core: Core, changes: Changes): Promise<Partial<Record<SettingName, Author>>> {
  const authors: Partial<Record<SettingName, Author>> = {}
  const open = new Set(Object.keys(changes) as SettingName[])
  let cursor: string | null = null
  for (let pages = 0; pages < mostPages && open.size > 0; pages++) {
    const page = await readAuditPage(core, filter, 'desc', eventsAtOnce, cursor)
    for (const entry of page.items) {
      for (const name of open) {
        if (!(name in (entry.event.details ?? {}))) continue
        authors[name] = authorOf(entry)
        open.delete(name)
      }
    }
    cursor = page.nextCursor
    if (cursor === null) break
  }
  return authors
}

function authorOf({ event: { actor }, ms }: AuditEntry): Author {
  return { kind: actor.kind, name: actor.impersonator ?? actor.name, atMs: ms }
}
