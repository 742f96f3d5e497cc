/**
 * Who looks at a page: the caller of a route for sessions, as pages need it.
 */
import type { FastifyRequest } from 'fastify'
import { actorOf, isAdministrator, type SessionCaller } from '../domain/caller.ts'
import { Problem } from '../domain/errors.ts'
import type { Origin } from '../store/audit.ts'

/** The caller of a route that is open to sessions only. */
export function sessionOf({ caller }: FastifyRequest): SessionCaller {
  if (caller?.kind !== 'session') throw new Problem('session_needed')
  return caller
}

/** Who and from where, for the audit event of what this request changes. */
export function originOf(request: FastifyRequest): Origin {
  return { actor: actorOf(sessionOf(request)), address: request.ip }
}

/** What the frame of a page shows of somebody signed in. */
export interface Member {
  readonly name: string
  readonly isAdministrator: boolean
  /** For the field `_csrf` of every form. */
  readonly csrf: string
  readonly impersonation: { readonly kind: string; readonly name: string; readonly by: string } | null
  /** Milliseconds until the session ends, if it is not used before; and at the latest. */
  readonly idleLeftMs: number
  readonly absoluteLeftMs: number
}

/** @returns null when nobody is signed in */
export function memberOf({ caller, headers, server }: FastifyRequest, nowMs: number): Member | null {
  if (caller?.kind !== 'session') return null
  const { user, impersonator, context, session, expiresAtMs } = caller
  const { impersonating } = context
  return {
    name: user.name,
    isAdministrator: isAdministrator(user),
    csrf: server.sessionCookie.csrfToken(headers.cookie, session.record),
    impersonation:
      impersonating === undefined ? null : { ...impersonating, by: impersonator?.name ?? user.name },
    idleLeftMs: Math.max(0, expiresAtMs - nowMs),
    absoluteLeftMs: Math.max(0, session.record.absoluteEnd - nowMs),
  }
}
