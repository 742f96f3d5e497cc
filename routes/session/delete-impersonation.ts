/** DELETE /v1/session/impersonation: be yourself again. */
import type { App } from '../../app.ts'
import { stopImpersonation } from '../../domain/impersonation.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { OwnSession } from '../../schemas/session.ts'
import { originOf, sessionCallerOf } from '../caller.ts'
import { openedSessionOnWire } from '../session-wire.ts'

export function deleteImpersonation(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/session/impersonation',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'deleteImpersonation',
      tags: ['sessions'],
      summary: 'Stop impersonating',
      description: 'The session stays, with a new cookie and CSRF token.',
      response: {
        200: ref(OwnSession),
        ...writeProblems('not_impersonating', 'record_contended', 'outcome_unknown'),
      },
    },
    handler: async (request, reply) => {
      const session = await stopImpersonation(app.core, sessionCallerOf(request), originOf(request))
      return openedSessionOnWire(app, reply, session)
    },
  })
}
