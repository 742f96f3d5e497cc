/** DELETE /v1/admin/users/{user}: delete a user and all their API keys. */
import type { App } from '../../../app.ts'
import { removeUser } from '../../../domain/user-deletion.ts'
import { UserPath } from '../../../schemas/api-key.ts'
import { Empty } from '../../../schemas/common.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { originOf } from '../../caller.ts'

export function deleteUser(app: App): void {
  app.route({
    method: 'DELETE',
    url: '/v1/admin/users/:user',
    config: { access: { session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'deleteUser',
      tags: ['administration'],
      summary: 'Delete a user and all their API keys',
      description:
        'Their sessions end, too. Final on every instance once answered. A later user of the same name is a new one: the ' +
        'old keys stay refused.',
      params: UserPath,
      response: {
        204: Empty,
        ...writeProblems('user_name_invalid', 'user_not_found', 'record_contended', 'outcome_unknown'),
      },
    },
    handler: async (request, reply) => {
      await removeUser(app.core, request.params.user, originOf(request))
      reply.code(204)
      return null
    },
  })
}
