/**
 * Who calls a route, as the access hook (plugins/access.ts) found.
 */
import type { FastifyRequest } from 'fastify'
import { actorOf, type Caller, type SessionCaller, type UserCaller } from '../domain/caller.ts'
import { Problem } from '../domain/errors.ts'
import type { Origin } from '../store/audit.ts'

/** The caller of a guarded route. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null)
    throw new Problem('internal_error', { cause: new Error('route without a caller') })
  return request.caller
}

/** The caller of a route that is open to users only. */
export function userOf(request: FastifyRequest): UserCaller {
  const caller = callerOf(request)
  if (caller.kind === 'service') throw new Problem('user_credential_needed')
  return caller
}

/** Who and from where, for the audit event of what this request changes. */
export function originOf(request: FastifyRequest): Origin {
  return { actor: actorOf(callerOf(request)), address: request.ip }
}

/** The caller of a route that is open to sessions only. */
export function sessionCallerOf(request: FastifyRequest): SessionCaller {
  const caller = callerOf(request)
  if (caller.kind !== 'session') throw new Problem('session_needed')
  return caller
}
