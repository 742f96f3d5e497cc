/**
 * Impersonation as administrators start it: of a user from the user's page, of a group or a role from the list of users.
 * The banner of every page leads back.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { Problem } from '../../domain/errors.ts'
import { startImpersonation } from '../../domain/impersonation.ts'
import { findUser } from '../../domain/users.ts'
import { UserPath } from '../../schemas/api-key.ts'
import { Form } from '../form-fields.ts'
import { originOf, sessionOf } from '../member.ts'
import { homePath } from '../paths.ts'
import { showUser } from './user.ts'
import { readNames } from './user-names.ts'
import { userPath, usersPath } from './user-paths.ts'
import { showUsers } from './users.ts'

const shownAtForm = ['request_invalid', 'role_missing', 'owner_disabled', 'record_contended']

const kind = Type.Unsafe<'group' | 'role'>({ type: 'string', enum: ['group', 'role'] })
const body = Form({ kind, name: Type.String({ maxLength: 1_024 }) })

export function impersonationPages(app: App): void {
  app.route({
    method: 'POST',
    url: '/admin/impersonation',
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, body },
    handler: async (request, reply) => {
      const { kind, name } = request.body
      try {
        return await start(request, reply, kind, readName(kind, name))
      } catch (error) {
        const problem = problemAtForm(request, error)
        reply.code(problem.status)
        return await showUsers(request, reply, { impersonation: { kind, name, problem } })
      }
    },
  })

  app.route({
    method: 'POST',
    url: `${usersPath}/:user/impersonation`,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, params: UserPath, body: Form({}) },
    handler: async (request, reply) => {
      const { record: user } = await findUser(app.core, request.params.user)
      try {
        return await start(request, reply, 'user', user.name)
      } catch (error) {
        const impersonationProblem = problemAtForm(request, error)
        reply.code(impersonationProblem.status)
        return await showUser(request, reply, user, { impersonationProblem })
      }
    },
  })

  // For somebody who returns to the address of a POST.
  app.route({
    method: 'GET',
    url: '/admin/impersonation',
    config: { access: { session: 'admin' } },
    schema: { hide: true },
    handler: async (_request, reply) => reply.redirect(usersPath, 303),
  })
  for (const action of ['impersonation', 'link']) {
    app.route({
      method: 'GET',
      url: `${usersPath}/:user/${action}`,
      config: { access: { session: 'admin' } },
      schema: { hide: true, params: UserPath },
      handler: async (request, reply) => reply.redirect(userPath(request.params.user), 303),
    })
  }
}

async function start(
  request: FastifyRequest,
  reply: FastifyReply,
  kind: 'user' | 'group' | 'role',
  name: string,
): Promise<FastifyReply> {
  const { core, sessionCookie } = request.server
  // First, or the session would be left without the cookie that goes with it.
  sessionCookie.checkMaySet()
  const { cookie } = await startImpersonation(core, sessionOf(request), { kind, name }, originOf(request))
  sessionCookie.set(reply, cookie)
  return reply.redirect(homePath, 303)
}

/** @throws Problem request_invalid */
function readName(kind: 'group' | 'role', typed: string): string {
  const [name, ...more] = readNames(kind, typed)
  if (name === undefined || more.length > 0)
    throw new Problem('request_invalid', { detail: `Give the name of one ${kind}.` })
  return name
}

function problemAtForm(request: FastifyRequest, error: unknown): Problem {
  if (!(error instanceof Problem) || !shownAtForm.includes(error.code)) throw error
  request.problemCode = error.code
  return error
}
