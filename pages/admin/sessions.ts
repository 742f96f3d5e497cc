/**
 * /admin/sessions: the open sessions of a user, or those of the site that were opened last.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { Problem } from '../../domain/errors.ts'
import { recentSessions } from '../../domain/recent-sessions.ts'
import { listOwnSessions, type Session } from '../../domain/session-list.ts'
import { findUser } from '../../domain/users.ts'
import { notice, noticeOf } from '../form-fields.ts'
import { sessionOf } from '../member.ts'
import { showPage } from '../show.ts'
import { actingAs, howSignedIn } from './sessions-words.ts'
import { sessionsOfPath, sessionsPath, userPath } from './user-paths.ts'

const notices = { ended: 'The session has ended, and its session keys with it.' } as const

const mostRecent = 50
/** A host application may open thousands for one user. */
const mostOfUser = 200

const querystring = Type.Object({ user: Type.Optional(Type.String({ maxLength: 1_024 })), notice })

export function sessionsPage(app: App): void {
  app.route({
    method: 'GET',
    url: sessionsPath,
    config: { access: { session: 'admin' } },
    schema: { hide: true, querystring },
    handler: async (request, reply) => {
      const { user = '', notice } = request.query
      return await showSessions(request, reply, user.trim(), noticeOf(notices, notice))
    },
  })
}

async function showSessions(
  request: FastifyRequest,
  reply: FastifyReply,
  user: string,
  notice: string | null,
): Promise<string> {
  const { owner, sessions, problem } = await find(request, user)
  if (problem !== null) {
    request.problemCode = problem.code
    reply.code(problem.status)
  }
  const present = sessionOf(request).id
  const list = owner === null ? 'recent' : 'user'
  const rows = sessions.slice(0, mostOfUser).map((session) => ({
    ...session,
    userPath: userPath(session.user),
    userSessionsPath: sessionsOfPath(session.user),
    how: howSignedIn(session),
    as: actingAs(session),
    isPresent: session.id === present,
    endPath: `${sessionsPath}/${session.id}/end?list=${list}`,
  }))
  return await showPage(request, reply, {
    template: 'admin/sessions',
    title: 'Sessions',
    section: 'sessions',
    content: () => ({
      user,
      owner,
      ownerPath: owner === null ? null : userPath(owner),
      signOutPath: owner === null ? null : userPath(owner, 'sign-out'),
      rows,
      total: sessions.length,
      mostRecent,
      notice,
      problem,
    }),
  })
}

interface Found {
  /** The name as it is kept; null: those of the site. */
  readonly owner: string | null
  readonly sessions: readonly Session[]
  readonly problem: Problem | null
}

async function find({ server: { core } }: FastifyRequest, user: string): Promise<Found> {
  if (user === '') return { owner: null, sessions: await recentSessions(core, mostRecent), problem: null }
  try {
    const { record } = await findUser(core, user)
    return { owner: record.name, sessions: await listOwnSessions(core, record), problem: null }
  } catch (error) {
    const codes: readonly string[] = ['user_not_found', 'user_name_invalid']
    if (!(error instanceof Problem) || !codes.includes(error.code)) throw error
    return { owner: null, sessions: [], problem: error }
  }
}
