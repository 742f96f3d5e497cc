/**
 * Sessions, session keys and invitations from the domain's values to their wire shapes; and the cookie that goes with an
 * opened session.
 */
import type { FastifyReply } from 'fastify'
import type { App } from '../app.ts'
import { csrfTokenOf } from '../domain/csrf.ts'
import { type InvitedUser, invitationPath } from '../domain/invitations.ts'
import type { Secret } from '../domain/secret.ts'
import type { MintedSessionKey, SessionKey } from '../domain/session-keys.ts'
import type { Session } from '../domain/session-list.ts'
import type {
  Invitation as InvitationOnWire,
  MintedSessionKey as MintedSessionKeyOnWire,
  OwnSession,
  SessionKey as SessionKeyOnWire,
  Session as SessionOnWire,
} from '../schemas/session.ts'
import { timeText } from './wire.ts'

export function sessionOnWire(session: Session): SessionOnWire {
  const { id, user, createdAtMs, expiresAtMs, absoluteEndMs, lastUsedAtMs, context, address, service } =
    session
  return {
    id,
    user,
    createdAt: timeText(createdAtMs),
    expiresAt: timeText(expiresAtMs),
    absoluteEnd: timeText(absoluteEndMs),
    lastUsedAt: timeText(lastUsedAtMs),
    context: context as SessionOnWire['context'],
    address,
    service,
  }
}

/** Sets the cookie of a session that was opened, or renewed, and shows its CSRF token. */
export function openedSessionOnWire(
  app: App,
  reply: FastifyReply,
  session: Session & { readonly cookie: Secret | null },
): OwnSession {
  const { cookie } = session
  if (cookie === null) throw new TypeError('a session without a cookie was opened for a browser')
  app.sessionCookie.set(reply, cookie)
  // Signing in and claiming are open to anyone, so no hook has said it (threat 8).
  reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  return { ...sessionOnWire(session), csrfToken: csrfTokenOf(app.core.peppers.newest, cookie) }
}

export function sessionKeyOnWire({
  id,
  number,
  user,
  description,
  createdAtMs,
  expiresAtMs,
}: SessionKey): SessionKeyOnWire {
  const times = { createdAt: timeText(createdAtMs), expiresAt: timeText(expiresAtMs) }
  return { id, number, kind: 'session-key', user, description, ...times }
}

/** The only place where a new session key's secret is shown. */
export function mintedSessionKeyOnWire(key: MintedSessionKey): MintedSessionKeyOnWire {
  return { ...sessionKeyOnWire(key), secret: key.secret.reveal() }
}

/** The only place where an invitation's secret is shown. */
export function invitationOnWire(
  { user, secret, expiresAtMs }: InvitedUser,
  publicUrl: string,
): InvitationOnWire {
  const invitation = secret.reveal()
  return { user, link: publicUrl + invitationPath + invitation, invitation, expiresAt: timeText(expiresAtMs) }
}
