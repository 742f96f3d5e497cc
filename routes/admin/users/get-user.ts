/** GET /v1/admin/users/{user}: one user. */
import type { App } from '../../../app.ts'
import { findUser } from '../../../domain/users.ts'
import { UserPath } from '../../../schemas/api-key.ts'
import { ref } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { User } from '../../../schemas/user.ts'
import { userOnWire } from '../../wire.ts'

export function getUser(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/users/:user',
    config: { access: { key: 'admin', session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'getUser',
      tags: ['administration'],
      summary: 'Read a user',
      params: UserPath,
      response: {
        200: ref(User),
        ...guardedProblems('request_invalid', 'user_name_invalid', 'user_not_found'),
      },
    },
    handler: async (request) => userOnWire((await findUser(app.core, request.params.user)).record),
  })
}
