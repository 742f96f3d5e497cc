/** POST /v1/session: sign in with a password. */
import type { App } from '../../app.ts'
import { signIn } from '../../domain/sign-in.ts'
import { ref } from '../../schemas/common.ts'
import { problems } from '../../schemas/problem.ts'
import { OwnSession, SignIn } from '../../schemas/session.ts'
import { openedSessionOnWire } from '../session-wire.ts'

export function postSession(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/session',
    config: { access: 'anyone' },
    schema: {
      operationId: 'postSession',
      tags: ['sessions'],
      summary: 'Sign in with a password',
      description:
        'Always the same answer for a wrong password, an unknown and a disabled user. A new session every time.',
      body: ref(SignIn),
      response: {
        201: { description: 'Signed in. The session is in the cookie.', ...ref(OwnSession) },
        ...problems(
          'request_invalid',
          'user_name_invalid',
          'sign_in_refused',
          'tls_needed',
          'cross_site_write',
          'body_too_large',
          'media_type_unsupported',
          'too_many_tries',
          'sign_in_busy',
          'record_contended',
          'outcome_unknown',
        ),
      },
    },
    handler: async (request, reply) => {
      // First, or there would be a session that nobody can use, and an answer that tells a right password from a wrong one.
      app.sessionCookie.checkMaySet()
      const { user: userName, password } = request.body
      const session = await signIn(app.core, { userName, password, address: request.ip })
      return openedSessionOnWire(app, reply.code(201), session)
    },
  })
}
