/** GET /v1/admin/api-keys/{id}: anybody's API key. */
import type { App } from '../../../app.ts'
import { readApiKey } from '../../../domain/api-keys.ts'
import { ApiKey, ApiKeyPath } from '../../../schemas/api-key.ts'
import { ref } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { apiKeyOnWire } from '../../wire.ts'

export function getAnyApiKey(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/api-keys/:id',
    config: { access: { key: 'admin', session: 'admin', service: ['admin', 'revoke'] } },
    schema: {
      operationId: 'getAnyApiKey',
      tags: ['administration'],
      summary: "Read anybody's API key",
      params: ApiKeyPath,
      response: { 200: ref(ApiKey), ...guardedProblems('request_invalid', 'api_key_not_found') },
    },
    handler: async (request) => apiKeyOnWire(await readApiKey(app.core, request.params.id)),
  })
}
