/**
 * Forms of somebody who is not signed in yet (threat 2: a page of another site must not sign its visitor in as somebody
 * else). The form's token is a keyed digest of a random cookie: whoever cannot read our pages cannot make the pair.
 */
import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { csrfTokenOf, isCsrfToken } from '../domain/csrf.ts'
import { Problem } from '../domain/errors.ts'
import { Secret } from '../domain/secret.ts'

/** 32 random bytes as base64url. */
const cookieValue = /^[\w-]{43}$/

/** The token for the form's field `_csrf`; gives the browser its cookie where it has none. */
export function anonymousToken(request: FastifyRequest, reply: FastifyReply): string {
  let value = readCookie(request)
  if (value === null) {
    value = randomBytes(32).toString('base64url')
    const secure = isSecure(request)
    reply.setCookie(cookieName(request), value, { path: '/', httpOnly: true, secure, sameSite: 'lax' })
  }
  return tokenOf(request, value)
}

/** A preValidation hook. @throws Problem csrf_token_invalid */
export async function checkAnonymousToken(request: FastifyRequest): Promise<void> {
  const value = readCookie(request)
  const { body } = request
  const presented = typeof body === 'object' && body !== null && '_csrf' in body ? body._csrf : null
  if (value === null || !isCsrfToken(presented, tokenOf(request, value))) {
    throw new Problem('csrf_token_invalid', {
      detail:
        'This form was not opened in this browser, or the browser does not keep cookies. Nothing was done: open the ' +
        'page again and repeat.',
    })
  }
}

function tokenOf({ server }: FastifyRequest, value: string): string {
  return csrfTokenOf(server.core.peppers.newest, new Secret(value))
}

function readCookie(request: FastifyRequest): string | null {
  const { cookie } = request.headers
  const value = cookie === undefined ? undefined : request.server.parseCookie(cookie)[cookieName(request)]
  return value !== undefined && cookieValue.test(value) ? value : null
}

/** The prefix keeps neighbours under the same domain from planting a pair of their own. */
function cookieName(request: FastifyRequest): string {
  return isSecure(request) ? '__Host-latchkey-form' : 'latchkey-form'
}

function isSecure({ server }: FastifyRequest): boolean {
  return server.publicUrl.startsWith('https:')
}
