/** GET /v1/session-keys: the keys of this session. */
import type { App } from '../../app.ts'
import { listSessionKeys } from '../../domain/session-keys.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'
import { SessionKeyList } from '../../schemas/session.ts'
import { sessionCallerOf } from '../caller.ts'
import { sessionKeyOnWire } from '../session-wire.ts'

export function listOwnSessionKeys(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/session-keys',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'listSessionKeys',
      tags: ['sessions'],
      summary: 'List the keys of this session',
      response: { 200: ref(SessionKeyList), ...guardedProblems('session_not_found') },
    },
    handler: async (request) => {
      const keys = await listSessionKeys(app.core, sessionCallerOf(request).id)
      return { items: keys.map(sessionKeyOnWire) }
    },
  })
}
