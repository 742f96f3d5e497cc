/** DELETE /v1/users/{user}/sessions: end all sessions of a user. */
import type { App } from '../../app.ts'
import { endSessionsOfUser } from '../../domain/sessions.ts'
import { UserPath } from '../../schemas/api-key.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { Ended } from '../../schemas/session.ts'
import { originOf } from '../caller.ts'

export function deleteSessionsOfUser(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/users/:user/sessions',
    config: { access: { service: 'sessions' } },
    schema: {
      operationId: 'deleteSessionsOfUser',
      tags: ['services'],
      summary: 'End all sessions of a user',
      params: UserPath,
      response: {
        200: ref(Ended),
        ...writeProblems('user_not_found', 'outcome_unknown'),
      },
    },
    handler: async (request) => ({
      ended: await endSessionsOfUser(app.core, request.params.user, originOf(request)),
    }),
  })
}
