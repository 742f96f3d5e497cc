/**
 * The sessions of the site that were opened last and are still open. There is no list of all sessions, and none is needed
 * for this: the audit log has an event for every one that was opened.
 */
import { readAuditPage } from './audit-log.ts'
import type { Core } from './core.ts'
import { Problem } from './errors.ts'
import type { Session } from './session-list.ts'
import { readSession } from './sessions.ts'
import { readSite } from './site.ts'

/** No setting and no host application lets a session live longer. */
const longestLifeMs = 720 * 3_600_000
const eventsPerPage = 100
/** Bounds what one call costs where nearly all sessions have ended, or other events fill the log. */
const mostPages = 5

/**
 * At most `limit` open sessions, newest first. It looks back over a bounded part of the log: older sessions that are
 * still open are found by their user.
 */
export async function recentSessions(core: Core, limit: number): Promise<readonly Session[]> {
  const { nowMs } = await readSite(core)
  const fromMs = nowMs - longestLifeMs
  const filter = { actor: null, subject: null, action: 'session.opened', fromMs, beforeMs: null }
  const seen = new Set<string>()
  const open: Session[] = []
  let cursor: string | null = null
  for (let page = 0; page < mostPages; page++) {
    const { items, nextCursor } = await readAuditPage(core, filter, 'desc', eventsPerPage, cursor)
    const ids = items.flatMap(({ event }) => {
      const id = event.details?.id
      return typeof id === 'string' && !seen.has(id) ? [id] : []
    })
    for (const id of ids) seen.add(id)
    const sessions = await Promise.all([...new Set(ids)].map(async (id) => await readIfOpen(core, id)))
    open.push(...sessions.filter((session) => session !== null))
    if (open.length >= limit || nextCursor === null) break
    cursor = nextCursor
  }
  return open.toSorted((left, right) => right.createdAtMs - left.createdAtMs).slice(0, limit)
}

async function readIfOpen(core: Core, id: string): Promise<Session | null> {
  try {
    return await readSession(core, id)
  } catch (error) {
    if (error instanceof Problem && error.code === 'session_not_found') return null
    throw error
  }
}
