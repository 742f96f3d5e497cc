/** GET /v1/users/{user}/sessions: the sessions of a user. */
import type { App } from '../../app.ts'
import { listSessionsOf } from '../../domain/session-list.ts'
import { UserPath } from '../../schemas/api-key.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'
import { SessionList } from '../../schemas/session.ts'
import { sessionOnWire } from '../session-wire.ts'

export function getSessionsOfUser(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/users/:user/sessions',
    config: { access: { service: 'sessions' } },
    schema: {
      operationId: 'getSessionsOfUser',
      tags: ['services'],
      summary: 'List the sessions of a user',
      params: UserPath,
      response: { 200: ref(SessionList), ...guardedProblems('request_invalid', 'user_not_found') },
    },
    handler: async (request) => ({
      items: (await listSessionsOf(app.core, request.params.user)).map(sessionOnWire),
    }),
  })
}
