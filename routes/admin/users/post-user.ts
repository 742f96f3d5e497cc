/** POST /v1/admin/users: invite a user. */
import type { App } from '../../../app.ts'
import { inviteUser } from '../../../domain/invitations.ts'
import { ref } from '../../../schemas/common.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { Invitation, NewUser } from '../../../schemas/session.ts'
import { originOf } from '../../caller.ts'
import { invitationOnWire } from '../../session-wire.ts'

export function postUser(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/admin/users',
    config: { access: { session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'postUser',
      tags: ['administration'],
      summary: 'Invite a user',
      description:
        'Creates the user when unknown, and makes a one-time link by which a password is set: for a first sign-in, or when it was forgotten. 24 hours; a newer one replaces it.',
      body: ref(NewUser),
      response: {
        201: { description: 'Invited. The link is shown only now.', ...ref(Invitation) },
        ...writeProblems('user_name_invalid', 'owner_disabled', 'record_contended', 'outcome_unknown'),
      },
    },
    handler: async (request, reply) => {
      const invitation = await inviteUser(app.core, request.body, originOf(request))
      reply.code(201)
      return invitationOnWire(invitation, app.publicUrl)
    },
  })
}
