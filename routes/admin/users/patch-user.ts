/** PATCH /v1/admin/users/{user}: roles, groups, disabled. */
import type { App } from '../../../app.ts'
import { changeUser } from '../../../domain/users.ts'
import { UserPath } from '../../../schemas/api-key.ts'
import { ref } from '../../../schemas/common.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { User, UserChange } from '../../../schemas/user.ts'
import { originOf } from '../../caller.ts'
import { userOnWire } from '../../wire.ts'

export function patchUser(app: App): void {
  app.route({
    method: 'PATCH',
    url: '/v1/admin/users/:user',
    config: { access: { session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'patchUser',
      tags: ['administration'],
      summary: "Change a user's roles or groups, disable or enable",
      description: "Shows in the user's very next verification.",
      params: UserPath,
      body: ref(UserChange),
      response: { 200: ref(User), ...writeProblems('user_not_found', 'record_contended', 'outcome_unknown') },
    },
    handler: async (request) =>
      userOnWire(await changeUser(app.core, request.params.user, request.body, originOf(request))),
  })
}
