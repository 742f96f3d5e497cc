/** DELETE /v1/admin/services/{name}: remove a service; its secret is refused at once. */
import type { App } from '../../../app.ts'
import { removeService } from '../../../domain/services.ts'
import { Empty } from '../../../schemas/common.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { ServicePath } from '../../../schemas/service.ts'
import { originOf } from '../../caller.ts'

export function deleteService(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/admin/services/:name',
    config: { access: { session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'deleteService',
      tags: ['administration'],
      summary: 'Remove a service',
      description: 'Its secret is refused at once, on every instance.',
      params: ServicePath,
      response: { 204: Empty, ...writeProblems('service_not_found', 'outcome_unknown') },
    },
    handler: async (request, reply) => {
      await removeService(app.core, request.params.name, originOf(request))
      reply.code(204)
      return null
    },
  })
}
