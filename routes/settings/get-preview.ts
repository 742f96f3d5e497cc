/** GET /v1/settings/preview: what a new expiry policy would shorten. */
import type { App } from '../../app.ts'
import { previewPolicy } from '../../domain/clamp.ts'
import { PolicyPreview, PolicyPreviewQuery } from '../../schemas/api-key-list.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'

export function getSettingsPreview(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/settings/preview',
    config: { access: { key: 'admin', session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'getSettingsPreview',
      tags: ['administration'],
      summary: 'What a new expiry policy would shorten',
      description: 'Walks all keys in small portions: seconds for a million keys. Nothing is changed.',
      querystring: PolicyPreviewQuery,
      response: { 200: ref(PolicyPreview), ...guardedProblems('request_invalid') },
    },
    handler: async (request) => {
      const days = request.query.apiKeyLifetimeDays
      return await previewPolicy(app.core, days === 'never' ? null : days)
    },
  })
}
