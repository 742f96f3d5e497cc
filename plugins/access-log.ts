/**
 * One line a request: what was called, by whom, with which credential (public id), from where, and how it ended. The
 * path is the route's pattern, never the raw URL: somebody may have put a secret there.
 */
import fp from 'fastify-plugin'
import type { Caller } from '../domain/caller.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The credential that a service asked about, beside its own. */
    verified: {
      readonly id: string | null
      readonly user: string | null
      readonly code: string | null
    } | null
  }
}

export const accessLogPlugin = fp(
  async (app) => {
    app.decorateRequest('verified', null)
    app.addHook('onResponse', (request, reply, done) => {
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
        },
        'request',
      )
      done()
    })
  },
  { name: 'access-log', dependencies: ['access', 'errors'], fastify: '5.x' },
)

function identityOf(caller: Caller): object {
  return caller.kind === 'service'
    ? { service: caller.id }
    : { user: caller.user.name, id: caller.id, kind: caller.kind }
}
