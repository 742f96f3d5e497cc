/**
 * Who makes a request, as verification found: a user by a key, or a service. And what services may do.
 */
import type { Actor } from '../store/audit.ts'

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

export interface UserCaller {
  readonly kind: 'api-key'
  /** Public id of the credential. */
  readonly id: string
  readonly user: UserIdentity
  readonly expiresAtMs: number | null
}

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

/** The caller as the audit log names it. */
export function actorOf(caller: Caller): Actor {
  return caller.kind === 'service'
    ? { kind: 'service', name: caller.id, id: caller.id }
    : { kind: 'user', name: caller.user.name, id: caller.id }
}
