/** POST /v1/admin/services: add a service, with no more permissions than the caller holds. */
import type { App } from '../../../app.ts'
import { permissionsHeldBy } from '../../../domain/caller.ts'
import { addService } from '../../../domain/services.ts'
import { ref } from '../../../schemas/common.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { AddedService, NewService } from '../../../schemas/service.ts'
import { callerOf, originOf } from '../../caller.ts'
import { serviceWithSecretOnWire } from '../../wire.ts'

export function postService(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/admin/services',
    config: { access: { session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'postService',
      tags: ['administration'],
      summary: 'Add a service',
      description:
        'A service grants only permissions that it holds itself. The secret is shown only in this answer.',
      body: ref(NewService),
      response: {
        201: { description: 'Added. `secret` is shown only now.', ...ref(AddedService) },
        ...writeProblems('service_exists', 'outcome_unknown'),
      },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request)
      const held = permissionsHeldBy(caller)
      const { lifetimeDays = null, ...service } = request.body
      const added = await addService(app.core, { ...service, lifetimeDays }, held, originOf(request))
      reply.code(201)
      return serviceWithSecretOnWire(added)
    },
  })
}
