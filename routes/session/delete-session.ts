/** DELETE /v1/session: sign out. */
import type { App } from '../../app.ts'
import { endSession } from '../../domain/sessions.ts'
import { Empty } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { originOf, sessionCallerOf } from '../caller.ts'

export function deleteSession(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/session',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'deleteSession',
      tags: ['sessions'],
      summary: 'Sign out',
      description: 'Final on every instance once answered; the keys of the session end in the same instant.',
      response: { 204: Empty, ...writeProblems('session_not_found', 'outcome_unknown') },
    },
    handler: async (request, reply) => {
      await endSession(app.core, sessionCallerOf(request).id, originOf(request))
      app.sessionCookie.clear(reply)
      reply.code(204)
      return null
    },
  })
}
