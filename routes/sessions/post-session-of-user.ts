/** POST /v1/users/{user}/sessions: a host application opens a session for its user. */
import type { App } from '../../app.ts'
import { openSessionFor } from '../../domain/sessions.ts'
import { UserPath } from '../../schemas/api-key.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { Session, SessionOrder } from '../../schemas/session.ts'
import { callerOf, originOf } from '../caller.ts'
import { sessionOnWire } from '../session-wire.ts'

export function postSessionOfUser(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/users/:user/sessions',
    config: { access: { service: 'sessions' } },
    schema: {
      operationId: 'postSessionOfUser',
      tags: ['services'],
      summary: 'Open a session for a user',
      description:
        'For applications with a sign-in of their own: touch it while the user is active, end it at sign-out. It has no cookie. A user who is not known yet is created.',
      params: UserPath,
      body: ref(SessionOrder),
      response: {
        201: ref(Session),
        ...writeProblems('user_name_invalid', 'owner_disabled', 'record_contended', 'outcome_unknown'),
      },
    },
    preValidation: async (request) => {
      request.body ??= {}
    },
    handler: async (request, reply) => {
      const { context = {}, ...timeouts } = request.body
      const order = { context, ...timeouts }
      const { user } = request.params
      const session = await openSessionFor(app.core, callerOf(request), user, order, originOf(request))
      reply.code(201)
      return sessionOnWire(session)
    },
  })
}
