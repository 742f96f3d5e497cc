/** GET /v1/settings: the site's policy, with its ETag. */
import type { App } from '../../app.ts'
import { readSettings } from '../../domain/settings.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'
import { Settings } from '../../schemas/settings.ts'

export function getSettings(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/settings',
    config: { access: { key: 'any', session: 'any', service: 'any' } },
    schema: {
      operationId: 'getSettings',
      tags: ['administration'],
      summary: 'Read the settings',
      response: {
        200: { description: 'The settings.', headers: { ETag: { type: 'string' } }, ...ref(Settings) },
        ...guardedProblems(),
      },
    },
    handler: async (_request, reply) => {
      const { settings, etag } = await readSettings(app.core)
      reply.header('etag', etag)
      return settings
    },
  })
}
