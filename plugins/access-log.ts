/**
 * One line a request: what was called, by whom, with which credential (public id), from where, and how it ended. The
 * path is the route's pattern, never the raw URL: somebody may have put a secret there.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Caller, impersonatorOf } from '../domain/caller.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The credential that a service asked about, beside its own. */
    verified: {
      readonly id: string | null
      readonly user: string | null
      readonly code: string | null
    } | null
    isInAccessLog: boolean
  }
}

export const accessLogPlugin = fp(
  async (app) => {
    app.decorateRequest('verified', null)
    app.decorateRequest('isInAccessLog', false)
    app.addHook('onResponse', (request, reply, done) => {
      logRequest(request, reply, {})
      done()
    })
    // No onResponse for an answer that was cut off, but it was a use of the credential all the same.
    app.addHook('onRequest', (request, reply, done) => {
      const logCutOff = (): void => logRequest(request, reply, { cutOff: true })
      if (reply.raw.destroyed) logCutOff()
      else reply.raw.once('close', logCutOff)
      done()
    })
  },
  { name: 'access-log', dependencies: ['access', 'errors'], fastify: '5.x' },
)

function logRequest(request: FastifyRequest, reply: FastifyReply, more: { readonly cutOff?: true }): void {
  if (request.isInAccessLog) return
  request.isInAccessLog = true
  const { caller, verified, problemCode, refusedId } = request
  request.log.info(
    {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 100) / 100,
      address: request.ip,
      ...(caller === null ? { user: null, id: refusedId } : identityOf(caller)),
      ...(verified === null ? {} : { verified }),
      ...(problemCode === null ? {} : { code: problemCode }),
      ...more,
    },
    'request',
  )
}

function identityOf(caller: Caller): object {
  return caller.kind === 'service'
    ? { service: caller.id }
    : { user: caller.user.name, id: caller.id, kind: caller.kind, ...impersonatorOnLog(caller) }
}

function impersonatorOnLog(caller: Caller): object {
  const impersonator = impersonatorOf(caller)
  return impersonator === null ? {} : { impersonator: impersonator.name }
}
