/** GET /v1/me/sessions: my sessions. */
import type { App } from '../../app.ts'
import { listMySessions } from '../../domain/session-list.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'
import { SessionList } from '../../schemas/session.ts'
import { sessionCallerOf } from '../caller.ts'
import { sessionOnWire } from '../session-wire.ts'

export function getMySessions(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/me/sessions',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'getMySessions',
      tags: ['caller'],
      summary: 'My sessions',
      response: { 200: ref(SessionList), ...guardedProblems('session_not_found') },
    },
    handler: async (request) => ({
      items: (await listMySessions(app.core, sessionCallerOf(request))).map(sessionOnWire),
    }),
  })
}
