/** DELETE /v1/admin/users/{user}/sessions: sign a user out everywhere. */
import type { App } from '../../../app.ts'
import { endSessionsOfUser } from '../../../domain/sessions.ts'
import { UserPath } from '../../../schemas/api-key.ts'
import { ref } from '../../../schemas/common.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { Ended } from '../../../schemas/session.ts'
import { originOf } from '../../caller.ts'

export function deleteSessionsOfAnyUser(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/admin/users/:user/sessions',
    config: { access: { key: 'admin', session: 'admin', service: ['admin', 'revoke'] } },
    schema: {
      operationId: 'deleteSessionsOfAnyUser',
      tags: ['administration'],
      summary: 'Sign a user out everywhere',
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
