/**
 * /admin/audit: who did what, when and from where; filtered, the newest first, a page at a time.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { App } from '../../app.ts'
import { auditIdOf, mostExamined, readAuditPage } from '../../domain/audit-log.ts'
import { Problem } from '../../domain/errors.ts'
import type { Actor } from '../../store/audit.ts'
import type { AuditEntry } from '../../store/audit-log.ts'
import { showPage } from '../show.ts'
import { detailsOf } from './audit-details.ts'
import { auditFilterOf, csvAddress, pageAddress, type TypedFilter } from './audit-filter.ts'
import { actionGroups, nounOf, wordsOf } from './audit-words.ts'

const auditPath = '/admin/audit'
const eventsAPage = 50

// Longer than what is right: that something is too long is said at the form.
const text = Type.Optional(Type.String({ maxLength: 1024 }))
const AuditQuery = Type.Object({
  actor: text,
  subject: text,
  action: text,
  from: text,
  to: text,
  cursor: Type.Optional(Type.String({ maxLength: 256 })),
})

export function auditPage(app: App): void {
  app.route({
    method: 'GET',
    url: auditPath,
    config: { access: { session: 'admin' } },
    schema: { hide: true, querystring: AuditQuery },
    handler: async (request, reply) => {
      const typed = typedIn(request.query)
      try {
        return await showLog(
          request,
          reply,
          typed,
          await findEvents(app, typed, request.query.cursor || null),
        )
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 400) throw error
        request.problemCode = error.code
        const problem = error.code === 'cursor_invalid' ? { detail: linkProblem } : error
        return await showLog(request, reply.code(error.status), typed, { ...noEvents, problem })
      }
    },
  })
}

const linkProblem = 'This link to older events is cut off or from elsewhere. Begin with the newest ones.'

interface FoundEvents {
  readonly events: readonly object[]
  /** null: the filter or the link was refused, and nothing was looked for. */
  readonly csv: string | null
  readonly isFirst: boolean
  /** Where older events are; null: there are none. */
  readonly next: string | null
  readonly problem: Pick<Problem, 'detail'> | null
}

const noEvents = { events: [], csv: null, isFirst: true, next: null } as const

/** @throws Problem request_invalid, cursor_invalid */
async function findEvents(app: App, typed: TypedFilter, cursor: string | null): Promise<FoundEvents> {
  const filter = auditFilterOf(typed)
  const { items, nextCursor } = await readAuditPage(app.core, filter, 'desc', eventsAPage, cursor)
  return {
    events: items.map(eventOnPage),
    csv: csvAddress(filter),
    isFirst: cursor === null,
    next: nextCursor === null ? null : pageAddress(auditPath, typed, nextCursor),
    problem: null,
  }
}

async function showLog(
  request: FastifyRequest,
  reply: FastifyReply,
  typed: TypedFilter,
  found: FoundEvents,
): Promise<string> {
  return await showPage(request, reply, {
    template: 'admin/audit',
    title: 'Audit log',
    section: 'audit',
    content: () => ({
      ...found,
      typed,
      actionGroups,
      isFiltered: Object.values(typed).some((value) => value !== ''),
      isFull: found.events.length === eventsAPage,
      examined: mostExamined.toLocaleString('en'),
      first: pageAddress(auditPath, typed, null),
      all: auditPath,
      notice: null,
    }),
  })
}

function typedIn({ actor = '', subject = '', action = '', from = '', to = '' }: Static<typeof AuditQuery>) {
  return { actor, subject, action, from, to }
}

function eventOnPage(entry: AuditEntry): object {
  const { action, actor, subject, address, details = {} } = entry.event
  const noun = nounOf(action)
  return {
    id: auditIdOf(entry),
    ms: entry.ms,
    // To the second: what came first often matters more than the day.
    clock: new Date(entry.ms).toISOString().slice(11, 19),
    who: whoOf(actor),
    action,
    words: wordsOf(action),
    subject,
    subjectHref: isAboutUser(action, noun, details) && subject !== '' ? userAddress(subject) : null,
    address,
    details: detailsOf(details, noun),
  }
}

/** While a user is impersonated, two names; while a group or a role is, the same one twice. */
function whoOf({ kind, name, impersonator }: Actor): object {
  if (impersonator === undefined) return { kind, name, as: null, isImpersonating: false }
  return { kind, name: impersonator, as: impersonator === name ? null : name, isImpersonating: true }
}

const nounsOfSite: readonly string[] = ['site', 'settings', 'service', 'pepper']

/** Whether the subject is a user whom there may still be. */
function isAboutUser(action: string, noun: string, { scope }: Readonly<Record<string, unknown>>): boolean {
  if (action === 'user.deleted' || nounsOfSite.includes(noun)) return false
  return noun !== 'api-keys' || scope === 'user'
}

function userAddress(name: string): string {
  return `/admin/users/${encodeURIComponent(name.toWellFormed())}`
}
