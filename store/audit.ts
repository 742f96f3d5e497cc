/**
 * Audit events. An event is written by the script of the change it tells of, into the stream of the same slot, and its
 * time is the stream's own (Redis TIME). This file gives the event its stored form; nothing is appended from here.
 */

/** Who made a change. */
export interface Actor {
  readonly kind: 'user' | 'service' | 'system'
  readonly name: string
  /** Public id of the credential; the name again for services. */
  readonly id: string
  /** The real user, while impersonating. */
  readonly impersonator?: string
}

export interface AuditEvent {
  /** `<noun>.<past verb>` */
  readonly action: AuditAction
  readonly actor: Actor
  /** Whom or what it was done to: a user name, a service name, a public id. */
  readonly subject: string
  /** Client address; empty for work of the server itself. */
  readonly address: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Every action there is: `<noun>.<past verb>`. */
export const auditActions = [
  'site.created',
  'user.created',
  'user.changed',
  'user.deleted',
  'api-key.minted',
  'api-key.renamed',
  'api-key.revoked',
  'api-key.shortened',
  'api-keys.revoked',
  'api-keys.clamped',
  'user.invited',
  'invitation.claimed',
  'password.changed',
  'session.opened',
  'session.changed',
  'session.ended',
  'session-key.minted',
  'session-key.revoked',
  'impersonation.started',
  'impersonation.stopped',
  'sign-in.refused',
  'service.added',
  'service.rotated',
  'service.removed',
  'settings.changed',
  'pepper.added',
] as const

export type AuditAction = (typeof auditActions)[number]

/** Where a change comes from: the parts of an audit event that are the same for all a request does. */
export interface Origin {
  readonly actor: Actor
  readonly address: string
}

/** Entries that each shard's stream keeps at least; the oldest go first. */
const auditCap = 100_000

/** The last two arguments of every script that changes something: the cap of the stream, and the event. */
export function auditArguments(event: AuditEvent): readonly [number, string] {
  return [auditCap, JSON.stringify(event)]
}
