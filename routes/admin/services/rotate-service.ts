/** POST /v1/admin/services/{name}/rotate: a new secret for a service. */
import type { App } from '../../../app.ts'
import { permissionsHeldBy } from '../../../domain/caller.ts'
import { rotateService } from '../../../domain/services.ts'
import { ref } from '../../../schemas/common.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { AddedService, ServicePath, ServiceRotation } from '../../../schemas/service.ts'
import { callerOf, originOf } from '../../caller.ts'
import { serviceWithSecretOnWire } from '../../wire.ts'

export function postServiceRotation(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/admin/services/:name/rotate',
    config: { access: { session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'postServiceRotation',
      tags: ['administration'],
      summary: "Renew a service's secret",
      description:
        'The secret it had verifies until the overlap ends; the one before that ends now. The caller must hold every ' +
        'permission of the service. The new secret is shown only in this answer. The body may be left out.',
      params: ServicePath,
      body: ref(ServiceRotation),
      response: {
        201: { description: 'Renewed. `secret` is shown only now.', ...ref(AddedService) },
        ...writeProblems('service_not_found', 'record_contended', 'outcome_unknown'),
      },
    },
    preValidation: async (request) => {
      // Nothing to say about the overlap is said by no body at all.
      request.body ??= {}
    },
    handler: async (request, reply) => {
      const caller = callerOf(request)
      const held = permissionsHeldBy(caller)
      const { overlapHours = 24 } = request.body
      const { name } = request.params
      const service = await rotateService(app.core, name, overlapHours, held, originOf(request))
      reply.code(201)
      return serviceWithSecretOnWire(service)
    },
  })
}
