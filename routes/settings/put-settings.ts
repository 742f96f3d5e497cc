/** PUT /v1/settings: change the site's policy, from the state that was read (If-Match). */
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { changeSettings } from '../../domain/settings.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { Settings, SettingsChange } from '../../schemas/settings.ts'
import { originOf } from '../caller.ts'

export function putSettings(app: App): void {
  app.route({
    method: 'PUT',
    url: '/v1/settings',
    config: { access: { session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'putSettings',
      tags: ['administration'],
      summary: 'Change the settings',
      description:
        'Settings that are left out keep their value. With If-Match, 412 when they changed since they were read.',
      headers: Type.Object({ 'if-match': Type.Optional(Type.String({ maxLength: 1024 })) }),
      body: ref(SettingsChange),
      response: {
        200: {
          description: 'The settings as they are now.',
          headers: { ETag: { type: 'string' } },
          ...ref(Settings),
        },
        ...writeProblems('settings_changed', 'record_contended', 'outcome_unknown'),
      },
    },
    handler: async (request, reply) => {
      const ifMatch = request.headers['if-match'] ?? null
      const { settings, etag } = await changeSettings(app.core, request.body, ifMatch, originOf(request))
      reply.header('etag', etag)
      return settings
    },
  })
}
