/** GET /v1/admin/sessions: the sessions of a user. */
import { Type } from 'typebox'
import type { App } from '../../../app.ts'
import { listSessionsOf } from '../../../domain/session-list.ts'
import { ref, UserName } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { SessionList } from '../../../schemas/session.ts'
import { sessionOnWire } from '../../session-wire.ts'

export function getSessionsOfAnyUser(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/sessions',
    config: { access: { key: 'admin', session: 'admin', service: ['admin', 'revoke'] } },
    schema: {
      operationId: 'getSessionsOfAnyUser',
      tags: ['administration'],
      summary: 'List the sessions of a user',
      querystring: Type.Object({ user: UserName }, { additionalProperties: false }),
      response: { 200: ref(SessionList), ...guardedProblems('request_invalid', 'user_not_found') },
    },
    handler: async (request) => ({
      items: (await listSessionsOf(app.core, request.query.user)).map(sessionOnWire),
    }),
  })
}
