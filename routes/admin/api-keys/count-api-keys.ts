/** GET /v1/admin/api-keys/count: how many API keys match. */
import type { App } from '../../../app.ts'
import { countApiKeys } from '../../../domain/api-key-count.ts'
import { ApiKeyCount, ApiKeyFilterQuery } from '../../../schemas/api-key-list.ts'
import { ref } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { filterOf } from './filter.ts'

export function getApiKeyCount(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/api-keys/count',
    config: { access: { key: 'admin', session: 'admin', service: ['admin', 'revoke'] } },
    schema: {
      operationId: 'getApiKeyCount',
      tags: ['administration'],
      summary: 'Count API keys',
      description:
        'Without a filter it is read off an index; with one, all keys are walked in small portions.',
      querystring: ApiKeyFilterQuery,
      response: { 200: ref(ApiKeyCount), ...guardedProblems('request_invalid', 'user_name_invalid') },
    },
    handler: async (request) => ({ count: await countApiKeys(app.core, filterOf(request.query)) }),
  })
}
