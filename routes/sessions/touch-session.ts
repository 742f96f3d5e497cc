/** POST /v1/sessions/{id}/touch: the user is still active. */
import type { App } from '../../app.ts'
import { touchSession } from '../../domain/sessions.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { Session, SessionPath } from '../../schemas/session.ts'
import { sessionOnWire } from '../session-wire.ts'

export function postSessionTouch(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/sessions/:id/touch',
    config: { access: { service: 'sessions' } },
    schema: {
      operationId: 'postSessionTouch',
      tags: ['services'],
      summary: 'Keep a session alive',
      description:
        'Begins the idle timeout anew; never past the absolute end, and never brings an ended session back.',
      params: SessionPath,
      response: {
        200: ref(Session),
        ...writeProblems('session_not_found', 'outcome_unknown'),
      },
    },
    handler: async (request) => sessionOnWire(await touchSession(app.core, request.params.id)),
  })
}
