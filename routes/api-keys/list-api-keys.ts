/** GET /v1/api-keys: the caller's own API keys. */
import type { App } from '../../app.ts'
import { listApiKeysOf } from '../../domain/api-keys.ts'
import { ApiKeyList } from '../../schemas/api-key.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'
import { userOf } from '../caller.ts'
import { apiKeyOnWire } from '../wire.ts'

export function listApiKeys(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/api-keys',
    config: { access: { key: 'any', session: 'any' } },
    schema: {
      operationId: 'listApiKeys',
      tags: ['api-keys'],
      summary: 'List my API keys',
      response: { 200: ref(ApiKeyList), ...guardedProblems() },
    },
    handler: async (request) => {
      const keys = await listApiKeysOf(app.core, userOf(request).user.id)
      return { items: keys.map(apiKeyOnWire), nextCursor: null }
    },
  })
}
