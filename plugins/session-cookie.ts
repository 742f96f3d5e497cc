/**
 * The session's cookie: its name and attributes, reading it, setting it, taking it back, and the CSRF token that goes with
 * it. `__Host-` (RFC 6265bis) binds it to this host and to TLS; without TLS it has a plain name and is given out only on
 * the machine itself, unless the configuration says otherwise.
 */
import { fastifyCookie } from '@fastify/cookie'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { csrfTokenOf } from '../domain/csrf.ts'
import { Problem } from '../domain/errors.ts'
import { Secret } from '../domain/secret.ts'
import type { SessionRecord } from '../store/records.ts'

export interface SessionCookie {
  /** The cookie's value in a Cookie header. */
  read(header: string | undefined): string | undefined
  /** Before something is done that ends with the cookie. @throws Problem tls_needed as `set` would */
  checkMaySet(): void
  /** @throws Problem tls_needed where it would travel in clear */
  set(reply: FastifyReply, value: Secret): void
  clear(reply: FastifyReply): void
  /** Of the cookie in this header. @param record of its session: names the pepper */
  csrfToken(header: string | undefined, record: SessionRecord): string
}

declare module 'fastify' {
  interface FastifyInstance {
    sessionCookie: SessionCookie
  }
}

export interface SessionCookieOptions {
  readonly publicUrl: string
  /** Whether the cookie may travel in clear to other machines. */
  readonly mayBeInsecure: boolean
}

export const sessionCookiePlugin = fp<SessionCookieOptions>(
  async (app, { publicUrl, mayBeInsecure }) => {
    // No hook of its own: the header is parsed only where a credential is looked for.
    await app.register(fastifyCookie, { hook: false })
    const { protocol, hostname } = new URL(publicUrl)
    const isSecure = protocol === 'https:'
    const isAllowed = isSecure || mayBeInsecure || isLoopback(hostname)
    const name = isSecure ? '__Host-latchkey' : 'latchkey'
    const attributes = { path: '/', httpOnly: true, secure: isSecure, sameSite: 'lax' } as const

    const checkMaySet = (): void => {
      if (!isAllowed) throw new Problem('tls_needed')
    }
    const read = (header: string | undefined): string | undefined =>
      header === undefined ? undefined : app.parseCookie(header)[name]

    app.decorate('sessionCookie', {
      read,
      checkMaySet,
      set(reply, value) {
        checkMaySet()
        reply.setCookie(name, value.reveal(), attributes)
      },
      clear(reply) {
        reply.clearCookie(name, attributes)
      },
      csrfToken(header, { pepper }) {
        const { peppers } = app.core
        const value = new Secret(read(header) ?? '')
        return csrfTokenOf(pepper === undefined ? peppers.newest : peppers.byNumber(pepper), value)
      },
    })
  },
  { name: 'session-cookie', dependencies: ['core'], fastify: '5.x' },
)

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    /^127\./.test(hostname) ||
    hostname.endsWith('.localhost')
  )
}
