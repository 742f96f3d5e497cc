/** GET /v1/admin/api-keys: all API keys, filtered, sorted, a page at a time. */
import type { App } from '../../../app.ts'
import { listAllApiKeys } from '../../../domain/api-key-list.ts'
import { ApiKeyListQuery, ApiKeyPage } from '../../../schemas/api-key-list.ts'
import { ref } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { apiKeyOnWire } from '../../wire.ts'
import { filterOf } from './filter.ts'

export function getAllApiKeys(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/api-keys',
    config: { access: { apiKey: 'admin', service: ['admin', 'revoke'] } },
    schema: {
      operationId: 'getAllApiKeys',
      tags: ['administration'],
      summary: 'List all API keys',
      description:
        'Session keys are never in it. A page by any sort costs the same at ten keys and at a million. A filter that ' +
        'the chosen sort has no index for is applied while walking: one request examines at most 2,000 keys, so a page ' +
        'may be short, or even empty, with a cursor to go on with.',
      querystring: ApiKeyListQuery,
      response: { 200: ref(ApiKeyPage), ...guardedProblems('request_invalid', 'cursor_invalid') },
    },
    handler: async (request) => {
      const { sort = 'createdAt', order = 'desc', limit = 50, cursor = null } = request.query
      const question = { filter: filterOf(request.query), sort, order }
      const { items, nextCursor } = await listAllApiKeys(app.core, question, limit, cursor)
      return { items: items.map(apiKeyOnWire), nextCursor }
    },
  })
}
