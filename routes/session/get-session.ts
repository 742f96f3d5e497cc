/** GET /v1/session: the session of the cookie, and its CSRF token. */
import type { App } from '../../app.ts'
import { readSession } from '../../domain/sessions.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'
import { OwnSession } from '../../schemas/session.ts'
import { sessionCallerOf } from '../caller.ts'
import { sessionOnWire } from '../session-wire.ts'

export function getSession(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/session',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'getSession',
      tags: ['sessions'],
      summary: 'My session',
      response: { 200: ref(OwnSession), ...guardedProblems('session_not_found') },
    },
    handler: async (request) => {
      const { id, session } = sessionCallerOf(request)
      const csrfToken = app.sessionCookie.csrfToken(request.headers.cookie, session.record)
      return { ...sessionOnWire(await readSession(app.core, id)), csrfToken }
    },
  })
}
