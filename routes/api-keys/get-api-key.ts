/** GET /v1/api-keys/{id}: one of the caller's own API keys. */
import type { App } from '../../app.ts'
import { readOwnApiKey } from '../../domain/api-keys.ts'
import { ApiKey, ApiKeyPath } from '../../schemas/api-key.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'
import { userOf } from '../caller.ts'
import { apiKeyOnWire } from '../wire.ts'

export function getApiKey(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/api-keys/:id',
    config: { access: { key: 'any', session: 'any' } },
    schema: {
      operationId: 'getApiKey',
      tags: ['api-keys'],
      summary: 'Read one of my API keys',
      params: ApiKeyPath,
      response: { 200: ref(ApiKey), ...guardedProblems('request_invalid', 'api_key_not_found') },
    },
    handler: async (request) =>
      apiKeyOnWire(await readOwnApiKey(app.core, userOf(request).user.id, request.params.id)),
  })
}
