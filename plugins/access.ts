/**
 * Who calls, and may they: every route declares `config.access`, and this one hook enforces it before the body is read.
 * A route without a declaration fails at boot.
 */
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { type Access, accessRefusal, isCrossSiteWrite } from '../domain/access.ts'
import type { Caller } from '../domain/caller.ts'
import { type Carried, readCarrier } from '../domain/carrier.ts'
import { isCsrfToken } from '../domain/csrf.ts'
import { Problem } from '../domain/errors.ts'
import { touchWhenDue } from '../domain/sessions.ts'
import { sourceOf } from '../domain/source.ts'
import type { Verdict } from '../domain/verification.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** Where a write by cookie carries its CSRF token: the header x-csrf-token, or 'form': the field `_csrf` of its body. */
    csrf?: 'form'
  }
  interface FastifyRequest {
    /** Set on every route that is not open to anyone. */
    caller: Caller | null
    /** Public id that a refused credential named, for the access log. */
    refusedId: string | null
    /** Whether the caller would be let in again now: for answers that go on for long. @throws Problem (503) */
    isStillAdmitted(): Promise<boolean>
  }
}

export interface AccessPluginOptions {
  readonly publicUrl: string
}

export const accessPlugin = fp<AccessPluginOptions>(
  async (app, { publicUrl }) => {
    app.decorateRequest('caller', null)
    app.decorateRequest('refusedId', null)
    app.decorateRequest('isStillAdmitted', async function (this: FastifyRequest) {
      const { access } = this.routeOptions.config
      if (access === undefined || access === 'anyone') return true
      const verdict = await verdictOf(this.server, carriedBy(this))
      return verdict.active && accessRefusal(access, verdict.caller) === null
    })

    const routes: RouteOptions[] = []
    app.addHook('onRoute', (route) => {
      routes.push(route)
      // The body is there only now; what declares its token in a form cannot forget the check.
      if (route.config?.csrf === 'form')
        route.preValidation = [checkFormToken, ...[route.preValidation ?? []].flat()]
    })
    // At onReady, because scopes (Swagger UI's) may declare for routes of a library after they were added.
    app.addHook('onReady', async () => {
      const undeclared = routes.filter((route) => route.config?.access === undefined)
      if (undeclared.length > 0) {
        throw new Error(`routes without config.access: ${undeclared.map(({ url }) => url).join(', ')}`)
      }
    })

    app.addHook('onRequest', async (request, reply) => {
      // Node keeps the address once asked, and has none for a connection that closed before. Who hangs up at once must
      // not leave logs and audit without it.
      void request.raw.socket.remoteAddress
      const { access } = request.routeOptions.config
      // Undeclared can only be the answer 404 here: see onReady.
      if (access === undefined) return
      if (isCrossSiteWrite(crossSiteSigns(request), publicUrl)) throw new Problem('cross_site_write')
      if (access === 'anyone') return
      reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')

      const carried = carriedBy(request)
      const verdict = await verdictOf(request.server, carried)
      countUse(request, carried, verdict)
      if (!verdict.active) {
        request.refusedId = verdict.id
        throw new Problem(verdict.code)
      }
      request.caller = verdict.caller
      noteUse(request, verdict.caller, verdict.atMs)
      const refusal = accessRefusal(access, verdict.caller)
      if (refusal !== null) throw new Problem(refusal)
      checkCsrfToken(request, verdict.caller)
    })
  },
  { name: 'access', dependencies: ['core', 'errors', 'session-cookie'], fastify: '5.x' },
)

/** A browser sends the cookie by itself, so a write by cookie needs the token, too (threat 1). */
function checkCsrfToken({ method, headers, server, routeOptions }: FastifyRequest, caller: Caller): void {
  if (caller.kind !== 'session' || method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return
  if (routeOptions.config.csrf === 'form') return
  const expected = server.sessionCookie.csrfToken(headers.cookie, caller.session.record)
  if (!isCsrfToken(headers['x-csrf-token'], expected)) throw new Problem('csrf_token_invalid')
}

/** Of a route for sessions only: whoever else came this far is refused, too. */
async function checkFormToken({ caller, headers, body, server }: FastifyRequest): Promise<void> {
  const expected =
    caller?.kind === 'session' ? server.sessionCookie.csrfToken(headers.cookie, caller.session.record) : null
  const presented = typeof body === 'object' && body !== null && '_csrf' in body ? body._csrf : null
  if (expected === null || !isCsrfToken(presented, expected)) {
    throw new Problem('csrf_token_invalid', {
      detail:
        'This form was opened before you signed in. Nothing was changed: go back, reload, and try again.',
    })
  }
}

/** Off the path: nobody waits for what is noted of a use. */
function noteUse(request: FastifyRequest, caller: Caller, atMs: number): void {
  const { core, lastUsed } = request.server
  if (caller.kind === 'service') lastUsed.noteService(caller.id, atMs)
  else if (caller.kind === 'api-key') lastUsed.note(caller.id, atMs)
  else if (caller.kind === 'session') {
    touchWhenDue(core, caller.session, atMs).catch((err: unknown) =>
      request.log.warn({ err }, 'session not extended'),
    )
  }
}

/** The cookie is left out: it comes with every page, and one that has ended is no attack. */
function countUse({ server, ip }: FastifyRequest, { carrier }: Carried, verdict: Verdict): void {
  if (carrier === 'cookie') return
  if (!verdict.active) server.useCounts.note(verdict.code, sourceOf(ip), Date.now())
  else if (carrier === 'key') server.useCounts.note('accepted', null, verdict.atMs)
}

function carriedBy({ headers, server }: FastifyRequest): Carried {
  return readCarrier(headers, () => server.sessionCookie.read(headers.cookie))
}

/** @throws Problem credential_missing */
async function verdictOf({ core }: FastifyInstance, carried: Carried): Promise<Verdict> {
  switch (carried.carrier) {
    case 'none':
      throw new Problem('credential_missing')
    case 'malformed':
      return { active: false, code: 'credential_malformed', id: null }
    case 'key':
      return await core.verifier.verify(carried.text)
    case 'service':
      return await core.verifier.verifyService(carried.name, carried.text)
    case 'cookie':
      return await core.verifier.verify(carried.text, ['session'])
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
