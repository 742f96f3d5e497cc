/**
 * Who makes a request, as verification found: a user by a key, or a service. And what services may do.
 */
import type { Actor } from '../store/audit.ts'
import type { StoredSession } from '../store/sessions.ts'
import type { Context } from './context.ts'

/** What a service may be permitted; it grants only what it holds. */
export const permissions = ['verify', 'sessions', 'mint', 'revoke', 'admin'] as const
export type Permission = (typeof permissions)[number]

/** Service names are lower case and short: other Basic user names need no read, and make no strange Redis names. */
export const serviceNamePattern = '^[a-z0-9][a-z0-9._-]{0,62}$'
const serviceName = new RegExp(serviceNamePattern)

export function isServiceName(name: string): boolean {
  return serviceName.test(name)
}

/** The role that administers. */
export const adminRole = 'admin'
/** The role that a user has when created. */
export const defaultRole = 'user'

export interface UserIdentity {
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
  readonly groups: readonly string[]
}

export interface ApiKeyCaller {
  readonly kind: 'api-key'
  /** Public id of the credential. */
  readonly id: string
  readonly user: UserIdentity
  readonly expiresAtMs: number | null
}

/** By a session's cookie, or by a session key, which runs in its context. */
export interface SessionCaller {
  readonly kind: 'session' | 'session-key'
  readonly id: string
  /** The effective identity: while impersonating, the impersonated one. */
  readonly user: UserIdentity
  readonly impersonator: UserIdentity | null
  readonly context: Context
  readonly expiresAtMs: number
  readonly session: SessionInHand
}

/** The session that a caller came by, as it was read. */
export interface SessionInHand extends StoredSession {
  /** Id of the session's own user, whoever is impersonated. */
  readonly user: string
  /** 8 characters. */
  readonly id: string
}

export type UserCaller = ApiKeyCaller | SessionCaller

export interface ServiceCaller {
  readonly kind: 'service'
  /** The service's name. */
  readonly id: string
  readonly permissions: readonly string[]
  readonly expiresAtMs: number | null
}

export type Caller = UserCaller | ServiceCaller

export function isAdministrator(identity: { readonly roles: readonly string[] }): boolean {
  return identity.roles.includes(adminRole)
}

export function hasPermission(caller: Caller, permission: Permission): boolean {
  return caller.kind === 'service' && caller.permissions.includes(permission)
}

/** What the caller may grant: a service what it holds, a signed-in administrator everything, keys nothing. */
export function permissionsHeldBy(caller: Caller): readonly string[] {
  if (caller.kind === 'service') return caller.permissions
  return caller.kind === 'session' && isAdministrator(caller.user) ? permissions : []
}

/** The caller as the audit log names it. */
export function actorOf(caller: Caller): Actor {
  if (caller.kind === 'service') return { kind: 'service', name: caller.id, id: caller.id }
  const actor = { kind: 'user', name: caller.user.name, id: caller.id } as const
  const impersonator = impersonatorOf(caller)
  return impersonator === null ? actor : { ...actor, impersonator: impersonator.name }
}

/** The real user behind an impersonated identity. */
export function impersonatorOf(caller: Caller): UserIdentity | null {
  return caller.kind === 'session' || caller.kind === 'session-key' ? caller.impersonator : null
}
