/** GET /v1/admin/services: all services, without their secrets. */
import type { App } from '../../../app.ts'
import { listServices } from '../../../domain/services.ts'
import { ref } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { ServiceList } from '../../../schemas/service.ts'
import { serviceOnWire } from '../../wire.ts'

export function getServices(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/services',
    config: { access: { key: 'admin', session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'getServices',
      tags: ['administration'],
      summary: 'List the services',
      response: { 200: ref(ServiceList), ...guardedProblems() },
    },
    handler: async () => ({ items: (await listServices(app.core)).map(serviceOnWire) }),
  })
}
