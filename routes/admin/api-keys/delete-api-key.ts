/** DELETE /v1/admin/api-keys/{id}: an administrator or a service revokes anybody's API key. */
import type { App } from '../../../app.ts'
import { revokeApiKey } from '../../../domain/revocation.ts'
import { ApiKeyPath } from '../../../schemas/api-key.ts'
import { Empty } from '../../../schemas/common.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { originOf } from '../../caller.ts'

export function deleteAnyApiKey(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/admin/api-keys/:id',
    config: { access: { key: 'admin', session: 'admin', service: 'revoke' } },
    schema: {
      operationId: 'deleteAnyApiKey',
      tags: ['administration'],
      summary: "Revoke anybody's API key",
      description: 'Final on every instance once answered.',
      params: ApiKeyPath,
      response: { 204: Empty, ...writeProblems('api_key_not_found', 'outcome_unknown') },
    },
    handler: async (request, reply) => {
      await revokeApiKey(app.core, request.params.id, originOf(request))
      reply.code(204)
      return null
    },
  })
}
