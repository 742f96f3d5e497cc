/** GET /v1/admin/api-keys: all API keys, filtered and sorted: a page at a time, or all of them as CSV. */
import { Type } from 'typebox'
import type { App } from '../../../app.ts'
import { allApiKeys, listAllApiKeys } from '../../../domain/api-key-list.ts'
import type { ApiKey } from '../../../domain/api-keys.ts'
import { ApiKeyListQuery, ApiKeyPage } from '../../../schemas/api-key-list.ts'
import { ref } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { csvMediaType, sendCsv, wantsCsv } from '../../csv.ts'
import { apiKeyOnWire } from '../../wire.ts'
import { filterOf } from './filter.ts'

const csvHeader = ['id', 'number', 'user', 'description', 'createdAt', 'expiresAt', 'lastUsedAt'] as const

export function getAllApiKeys(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/api-keys',
    config: { access: { key: 'admin', session: 'admin', service: ['admin', 'revoke'] } },
    schema: {
      operationId: 'getAllApiKeys',
      tags: ['administration'],
      summary: 'List all API keys',
      description:
        'Session keys are never in it. A page by any sort costs the same at ten keys and at a million. A filter that ' +
        'the chosen sort has no index for is applied while walking: one request examines at most 2,000 keys, so a page ' +
        'may be short, or even empty, with a cursor to go on with. With `Accept: text/csv` or `format=csv` all that match are streamed, ' +
        'safe for spreadsheets; `limit` and `cursor` do not count then.',
      querystring: ApiKeyListQuery,
      response: {
        200: {
          description: 'A page, or everything as CSV.',
          content: {
            'application/json': { schema: ref(ApiKeyPage) },
            [csvMediaType]: { schema: Type.String({ examples: [csvHeader.join(',')] }) },
          },
        },
        ...guardedProblems('request_invalid', 'user_name_invalid', 'cursor_invalid'),
      },
    },
    handler: async (request, reply) => {
      const { sort = 'createdAt', order = 'desc', limit = 50, cursor = null } = request.query
      const question = { filter: filterOf(request.query), sort, order }
      if (wantsCsv(request.query, request.headers.accept)) {
        const rows = (gone: AbortSignal) => csvRows(allApiKeys(app.core, question, gone))
        return await sendCsv(reply, { fileName: 'api-keys.csv', header: csvHeader, rows })
      }
      const { items, nextCursor } = await listAllApiKeys(app.core, question, limit, cursor)
      return { items: items.map(apiKeyOnWire), nextCursor }
    },
  })
}

/** null (never) is an empty cell. */
async function* csvRows(keys: AsyncIterable<ApiKey>): AsyncGenerator<readonly (string | number)[]> {
  for await (const key of keys) {
    const onWire = apiKeyOnWire(key)
    yield csvHeader.map((column) => onWire[column] ?? '')
  }
}
