/**
 * Who calls, and may they: every route declares `config.access`, and this one hook enforces it before the body is read.
 * A route without a declaration fails at boot.
 */
import type { FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { type Access, accessRefusal, isCrossSiteWrite } from '../domain/access.ts'
import type { Caller } from '../domain/caller.ts'
import { readCarrier } from '../domain/carrier.ts'
import { Problem } from '../domain/errors.ts'
import type { Verdict } from '../domain/verification.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
  }
  interface FastifyRequest {
    /** Set on every route that is not open to anyone. */
    caller: Caller | null
    /** Public id that a refused credential named, for the access log. */
    refusedId: string | null
  }
}

export interface AccessPluginOptions {
  readonly publicUrl: string
}

export const accessPlugin = fp<AccessPluginOptions>(
  async (app, { publicUrl }) => {
    app.decorateRequest('caller', null)
    app.decorateRequest('refusedId', null)

    const routes: RouteOptions[] = []
    app.addHook('onRoute', (route) => {
      routes.push(route)
    })
    // At onReady, because scopes (Swagger UI's) may declare for routes of a library after they were added.
    app.addHook('onReady', async () => {
      const undeclared = routes.filter((route) => route.config?.access === undefined)
      if (undeclared.length > 0) {
        throw new Error(`routes without config.access: ${undeclared.map(({ url }) => url).join(', ')}`)
      }
    })

    app.addHook('onRequest', async (request, reply) => {
      const { access } = request.routeOptions.config
      // Undeclared can only be the answer 404 here: see onReady.
      if (access === undefined || access === 'anyone') return
      reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
      if (isCrossSiteWrite(crossSiteSigns(request), publicUrl)) throw new Problem('cross_site_write')

      const verdict = await verdictOf(request)
      if (!verdict.active) {
        request.refusedId = verdict.id
        throw new Problem(verdict.code)
      }
      request.caller = verdict.caller
      if (verdict.caller.kind !== 'service') app.lastUsed.note(verdict.caller.id, verdict.atMs)
      const refusal = accessRefusal(access, verdict.caller)
      if (refusal !== null) throw new Problem(refusal)
    })
  },
  { name: 'access', dependencies: ['core', 'errors'], fastify: '5.x' },
)

async function verdictOf({ headers, server }: FastifyRequest): Promise<Verdict> {
  const carried = readCarrier(headers)
  switch (carried.carrier) {
    case 'none':
      throw new Problem('credential_missing')
    case 'malformed':
      throw new Problem('credential_malformed')
    case 'key':
      return await server.core.verifier.verify(carried.text)
    case 'service':
      return await server.core.verifier.verifyService(carried.name, carried.text)
  }
}

function crossSiteSigns({ method, headers }: FastifyRequest): Parameters<typeof isCrossSiteWrite>[0] {
  const secFetchSite = headers['sec-fetch-site']
  return {
    method,
    host: headers.host,
    origin: headers.origin,
    secFetchSite: typeof secFetchSite === 'string' ? secFetchSite : undefined,
  }
}
