/** DELETE /v1/sessions/{id}: end a session. */
import type { App } from '../../app.ts'
import { endSession } from '../../domain/sessions.ts'
import { Empty } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { SessionPath } from '../../schemas/session.ts'
import { originOf } from '../caller.ts'

export function deleteSessionById(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/sessions/:id',
    config: { access: { service: 'sessions' } },
    schema: {
      operationId: 'deleteSessionById',
      tags: ['services'],
      summary: 'End a session',
      description: 'Final on every instance once answered, its keys included.',
      params: SessionPath,
      response: { 204: Empty, ...writeProblems('session_not_found', 'outcome_unknown') },
    },
    handler: async (request, reply) => {
      await endSession(app.core, request.params.id, originOf(request))
      reply.code(204)
      return null
    },
  })
}
