/**
 * The one-time link by which a user sets a password, as an administrator gets to see it: once.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type InvitedUser, invitationPath } from '../../domain/invitations.ts'
import { createTimes } from '../times.ts'
import { showOnce } from './shown-once.ts'
import { isolated, userPath } from './user-paths.ts'

/** The only place where pages show the link of an invitation. */
export async function showLink(
  request: FastifyRequest,
  reply: FastifyReply,
  { user, secret, expiresAtMs }: InvitedUser,
): Promise<string> {
  const until = createTimes(expiresAtMs).full(expiresAtMs)
  return await showOnce(request, reply, {
    section: 'users',
    title: 'A link to set a password',
    label: 'Link',
    text: request.server.publicUrl + invitationPath + secret.reveal(),
    sentences: [
      `Give it to ${isolated(user)}, and to nobody else: whoever opens it sets the password of this user.`,
      `It works once, for 24 hours, until ${until}. A newer link replaces it.`,
      'Until the link is used, the password and the sessions that the user has go on working.',
    ],
    back: userPath(user),
  })
}
