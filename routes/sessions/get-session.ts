/** GET /v1/sessions/{id}: a session as it is. */
import type { App } from '../../app.ts'
import { readSession } from '../../domain/sessions.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'
import { Session, SessionPath } from '../../schemas/session.ts'
import { sessionOnWire } from '../session-wire.ts'

export function getAnySession(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/sessions/:id',
    config: { access: { service: 'sessions' } },
    schema: {
      operationId: 'getAnySession',
      tags: ['services'],
      summary: 'Read a session',
      params: SessionPath,
      response: { 200: ref(Session), ...guardedProblems('request_invalid', 'session_not_found') },
    },
    handler: async (request) => sessionOnWire(await readSession(app.core, request.params.id)),
  })
}
