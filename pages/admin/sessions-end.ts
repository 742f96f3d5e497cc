/**
 * Ending one session, after a question.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import type { Session } from '../../domain/session-list.ts'
import { endSession, readSession } from '../../domain/sessions.ts'
import { SessionPath } from '../../schemas/session.ts'
import { Form } from '../form-fields.ts'
import { originOf, sessionOf } from '../member.ts'
import { signInPath } from '../paths.ts'
import { createTimes } from '../times.ts'
import { askToConfirm } from './confirm.ts'
import { sessionsPath } from './user-paths.ts'

/** The list that somebody came from and goes back to. */
const from = Type.Object({ list: Type.Optional(Type.String({ maxLength: 16 })) })

export function endSessionPages(app: App): void {
  app.route({
    method: 'GET',
    url: `${sessionsPath}/:id/end`,
    config: { access: { session: 'admin' } },
    schema: { hide: true, params: SessionPath, querystring: from },
    handler: async (request, reply) => {
      const session = await readSession(app.core, request.params.id)
      const list = listOf(session, request.query.list)
      return await askToEnd(request, reply, session, list)
    },
  })

  app.route({
    method: 'POST',
    url: `${sessionsPath}/:id/end`,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, params: SessionPath, querystring: from, body: Form({}) },
    handler: async (request, reply) => {
      const session = await readSession(app.core, request.params.id)
      await endSession(app.core, session.id, originOf(request))
      if (session.id === sessionOf(request).id) {
        app.sessionCookie.clear(reply)
        return reply.redirect(`${signInPath}?notice=out`, 303)
      }
      const { path, query } = listOf(session, request.query.list)
      return reply.redirect(`${path}?${new URLSearchParams({ ...query, notice: 'ended' })}`, 303)
    },
  })
}

interface List {
  readonly name: 'user' | 'recent'
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

function listOf({ user }: Session, named: string | undefined): List {
  const isOfUser = named === 'user'
  return { name: isOfUser ? 'user' : 'recent', path: sessionsPath, query: isOfUser ? { user } : {} }
}

async function askToEnd(
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  { name, path, query }: List,
): Promise<string> {
  const isPresent = session.id === sessionOf(request).id
  return await askToConfirm(request, reply, {
    section: 'sessions',
    title: 'End this session?',
    facts: [
      ['User', session.user],
      ['Opened', `${createTimes(session.createdAtMs).full(session.createdAtMs)}, from ${session.address}`],
      ['Id', session.id],
    ],
    sentences: [
      'It ends at once, on every instance, and its session keys with it. API keys stay.',
      ...(isPresent ? ['This is your present session: you are signed out.'] : []),
    ],
    action: `${sessionsPath}/${session.id}/end?${new URLSearchParams({ list: name })}`,
    button: 'End the session',
    isDangerous: true,
    back: `${path}?${new URLSearchParams(query)}`,
  })
}
