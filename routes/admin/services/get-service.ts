/** GET /v1/admin/services/{name}: one service, without its secret. */
import type { App } from '../../../app.ts'
import { readService } from '../../../domain/services.ts'
import { ref } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { Service, ServicePath } from '../../../schemas/service.ts'
import { serviceOnWire } from '../../wire.ts'

export function getService(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/services/:name',
    config: { access: { key: 'admin', session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'getService',
      tags: ['administration'],
      summary: 'Read a service',
      params: ServicePath,
      response: { 200: ref(Service), ...guardedProblems('request_invalid', 'service_not_found') },
    },
    handler: async (request) => serviceOnWire(await readService(app.core, request.params.name)),
  })
}
