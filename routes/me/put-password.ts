/** PUT /v1/me/password: change my password; my other sessions end. */
import type { App } from '../../app.ts'
import { changePassword } from '../../domain/sign-in.ts'
import { Empty, ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { PasswordChange } from '../../schemas/session.ts'
import { originOf, sessionCallerOf } from '../caller.ts'

export function putPassword(app: App): void {
  app.route({
    method: 'PUT',
    url: '/v1/me/password',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'putPassword',
      tags: ['caller'],
      summary: 'Change my password',
      description: 'Your other sessions end. Not while impersonating.',
      body: ref(PasswordChange),
      response: {
        204: Empty,
        ...writeProblems(
          'sign_in_refused',
          'impersonating',
          'too_many_tries',
          'record_contended',
          'sign_in_busy',
          'outcome_unknown',
        ),
      },
    },
    handler: async (request, reply) => {
      await changePassword(app.core, sessionCallerOf(request), request.body, originOf(request))
      reply.code(204)
      return null
    },
  })
}
