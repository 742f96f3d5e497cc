/** DELETE /v1/api-keys/{id}: revoke one of the caller's own API keys. */
import type { App } from '../../app.ts'
import { revokeOwnApiKey } from '../../domain/revocation.ts'
import { ApiKeyPath } from '../../schemas/api-key.ts'
import { Empty } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { originOf, userOf } from '../caller.ts'

export function deleteApiKey(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/api-keys/:id',
    config: { access: { key: 'any', session: 'any' } },
    schema: {
      operationId: 'deleteApiKey',
      tags: ['api-keys'],
      summary: 'Revoke one of my API keys',
      description: 'Final on every instance once answered.',
      params: ApiKeyPath,
      response: { 204: Empty, ...writeProblems('api_key_not_found', 'outcome_unknown') },
    },
    handler: async (request, reply) => {
      await revokeOwnApiKey(app.core, userOf(request).user.id, request.params.id, originOf(request))
      reply.code(204)
      return null
    },
  })
}
