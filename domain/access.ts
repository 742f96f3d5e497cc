/**
 * Who may call a route: every route declares it, and the rule that decides is here. Default deny: whoever is not named
 * by the declaration is refused.
 */
import { type Caller, hasPermission, isAdministrator, type Permission } from './caller.ts'
import type { ErrorCode } from './errors.ts'

export interface GuardedAccess {
  /** Users by API key or session key: any, or administrators only. Left out: not with a key. */
  readonly key?: 'any' | 'admin'
  /** Users by the cookie of a session: any, or administrators only. Left out: not in a session. */
  readonly session?: 'any' | 'admin'
  /** Services: any, or those with the permission, or with one of them. Left out: no service. */
  readonly service?: 'any' | Permission | readonly Permission[]
}

export type Access = 'anyone' | GuardedAccess

/** @returns the code of the refusal, or null when the caller may */
export function accessRefusal(access: GuardedAccess, caller: Caller): ErrorCode | null {
  if (caller.kind === 'service') {
    if (access.service === undefined) return 'user_credential_needed'
    if (access.service === 'any') return null
    const needed = typeof access.service === 'string' ? [access.service] : access.service
    return needed.some((permission) => hasPermission(caller, permission)) ? null : 'permission_missing'
  }
  const mayUser = caller.kind === 'session' ? access.session : access.key
  if (mayUser === undefined) return caller.kind === 'session' ? 'service_needed' : 'credential_not_accepted'
  return mayUser === 'any' || isAdministrator(caller.user) ? null : 'role_missing'
}

/** What of a request tells whether a page of another site made it. */
export interface CrossSiteSigns {
  readonly method: string
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly secFetchSite: string | undefined
}

/**
 * Whether a browser made this write for a page of another site (threat 1). Asked for every kind of caller, because
 * browsers remember Basic credentials, too. Programs send neither header and pass.
 */
export function isCrossSiteWrite(signs: CrossSiteSigns, publicUrl: string): boolean {
  const { method, host, origin, secFetchSite } = signs
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return false
  if (secFetchSite !== undefined && secFetchSite !== 'same-origin' && secFetchSite !== 'none') return true
  if (origin === undefined || origin === publicUrl) return false
  const from = URL.parse(origin)
  if (from === null || !host || from.host !== host) return true
  // The plain HTTP twin of our https address is another site: whoever is on the network path can be it.
  return publicUrl === `https://${host}`
}
