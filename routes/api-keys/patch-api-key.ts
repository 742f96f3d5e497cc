/** PATCH /v1/api-keys/{id}: rename one of the caller's own API keys. */
import type { App } from '../../app.ts'
import { renameOwnApiKey } from '../../domain/api-keys.ts'
import { ApiKey, ApiKeyChange, ApiKeyPath } from '../../schemas/api-key.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { originOf, userOf } from '../caller.ts'
import { apiKeyOnWire } from '../wire.ts'

export function patchApiKey(app: App): void {
  app.route({
    method: 'PATCH',
    url: '/v1/api-keys/:id',
    config: { access: { key: 'any', session: 'any' } },
    schema: {
      operationId: 'patchApiKey',
      tags: ['api-keys'],
      summary: 'Describe one of my API keys anew',
      params: ApiKeyPath,
      body: ref(ApiKeyChange),
      response: {
        200: ref(ApiKey),
        ...writeProblems('api_key_not_found', 'record_contended', 'outcome_unknown'),
      },
    },
    handler: async (request) => {
      const owner = userOf(request).user.id
      const { description } = request.body
      return apiKeyOnWire(
        await renameOwnApiKey(app.core, owner, request.params.id, description, originOf(request)),
      )
    },
  })
}
