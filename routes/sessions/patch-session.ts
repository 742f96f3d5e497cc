/** PATCH /v1/sessions/{id}: change the context of a session. */
import type { App } from '../../app.ts'
import { changeContext } from '../../domain/sessions.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { Session, SessionChange, SessionPath } from '../../schemas/session.ts'
import { callerOf, originOf } from '../caller.ts'
import { sessionOnWire } from '../session-wire.ts'

export function patchSession(app: App): void {
  app.route({
    method: 'PATCH',
    url: '/v1/sessions/:id',
    config: { access: { service: 'sessions' } },
    schema: {
      operationId: 'patchSession',
      tags: ['services'],
      summary: 'Change the context of a session',
      description: 'Shows in the very next verification of its keys.',
      params: SessionPath,
      body: ref(SessionChange),
      response: {
        200: ref(Session),
        ...writeProblems('session_not_found', 'record_contended', 'outcome_unknown'),
      },
    },
    handler: async (request) => {
      const { context } = request.body
      const { id } = request.params
      return sessionOnWire(await changeContext(app.core, callerOf(request), id, context, originOf(request)))
    },
  })
}
