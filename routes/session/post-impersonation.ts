/** POST /v1/session/impersonation: run this session as another user, in a group or in a role. */
import type { App } from '../../app.ts'
import { startImpersonation } from '../../domain/impersonation.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { Impersonation, OwnSession } from '../../schemas/session.ts'
import { originOf, sessionCallerOf } from '../caller.ts'
import { openedSessionOnWire } from '../session-wire.ts'

export function postImpersonation(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/session/impersonation',
    config: { access: { session: 'admin' } },
    schema: {
      operationId: 'postImpersonation',
      tags: ['sessions'],
      summary: 'Impersonate',
      description:
        'The session stays, with a new cookie and CSRF token. It never gets a role that you do not have.',
      body: ref(Impersonation),
      response: {
        200: ref(OwnSession),
        ...writeProblems(
          'already_impersonating',
          'user_not_found',
          'owner_disabled',
          'record_contended',
          'outcome_unknown',
        ),
      },
    },
    handler: async (request, reply) => {
      const caller = sessionCallerOf(request)
      const session = await startImpersonation(app.core, caller, request.body, originOf(request))
      return openedSessionOnWire(app, reply, session)
    },
  })
}
