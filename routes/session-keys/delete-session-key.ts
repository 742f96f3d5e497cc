/** DELETE /v1/session-keys/{id}: revoke a key of this session. */
import type { App } from '../../app.ts'
import { revokeSessionKey } from '../../domain/session-keys.ts'
import { Empty } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { SessionKeyPath } from '../../schemas/session.ts'
import { originOf, sessionCallerOf } from '../caller.ts'

export function deleteSessionKey(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/session-keys/:id',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'deleteSessionKey',
      tags: ['sessions'],
      summary: 'Revoke a key of this session',
      params: SessionKeyPath,
      response: {
        204: Empty,
        ...writeProblems('session_not_found', 'session_key_not_found', 'outcome_unknown'),
      },
    },
    handler: async (request, reply) => {
      const { id } = sessionCallerOf(request)
      await revokeSessionKey(app.core, id, request.params.id, originOf(request))
      reply.code(204)
      return null
    },
  })
}
