/** DELETE /v1/me/sessions: sign out everywhere. */
import type { App } from '../../app.ts'
import { endMySessions } from '../../domain/sessions.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { Ended } from '../../schemas/session.ts'
import { originOf, sessionCallerOf } from '../caller.ts'

export function deleteMySessions(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/me/sessions',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'deleteMySessions',
      tags: ['caller'],
      summary: 'Sign out everywhere',
      description: 'Ends all your sessions, this one included, and their keys. API keys stay.',
      response: { 200: ref(Ended), ...writeProblems('session_not_found', 'outcome_unknown') },
    },
    handler: async (request, reply) => {
      const ended = await endMySessions(app.core, sessionCallerOf(request), originOf(request))
      app.sessionCookie.clear(reply)
      return { ended }
    },
  })
}
