/** GET /v1/admin/users: all users by name, a page at a time. */
import type { App } from '../../../app.ts'
import { listUsers } from '../../../domain/user-list.ts'
import { ref } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { UserListQuery, UserPage } from '../../../schemas/user.ts'
import { listedUserOnWire } from '../../wire.ts'

export function getUsers(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/users',
    config: { access: { key: 'admin', session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'getUsers',
      tags: ['administration'],
      summary: 'List the users',
      description:
        'In order of the name, upper and lower case alike. Paging neither skips nor repeats anybody while users come ' +
        'and go, and a page costs the same whatever their number.',
      querystring: UserListQuery,
      response: {
        200: ref(UserPage),
        ...guardedProblems('request_invalid', 'user_name_invalid', 'cursor_invalid'),
      },
    },
    handler: async (request) => {
      const { beginning = '', limit = 50, cursor = null } = request.query
      const { items, nextCursor } = await listUsers(app.core, { beginning, limit, cursor })
      return { items: items.map(listedUserOnWire), nextCursor }
    },
  })
}
