/** POST /v1/invitations/claim: set a password by a one-time link, and sign in. */
import type { App } from '../../app.ts'
import { claimInvitation } from '../../domain/invitations.ts'
import { ref } from '../../schemas/common.ts'
import { problems } from '../../schemas/problem.ts'
import { InvitationClaim, OwnSession } from '../../schemas/session.ts'
import { openedSessionOnWire } from '../session-wire.ts'

export function postInvitationClaim(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/invitations/claim',
    config: { access: 'anyone' },
    schema: {
      operationId: 'postInvitationClaim',
      tags: ['sessions'],
      summary: 'Claim an invitation',
      body: ref(InvitationClaim),
      response: {
        201: { description: 'The password is set and you are signed in.', ...ref(OwnSession) },
        ...problems(
          'request_invalid',
          'invitation_invalid',
          'sign_in_refused',
          'tls_needed',
          'cross_site_write',
          'body_too_large',
          'media_type_unsupported',
          'sign_in_busy',
          'record_contended',
          'outcome_unknown',
        ),
      },
    },
    handler: async (request, reply) => {
      // First, or the invitation would be used up for nothing.
      app.sessionCookie.checkMaySet()
      const { invitation, password } = request.body
      const session = await claimInvitation(app.core, invitation, password, request.ip)
      return openedSessionOnWire(app, reply.code(201), session)
    },
  })
}
