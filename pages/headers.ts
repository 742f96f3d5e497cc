/**
 * The security headers of every answer of the pages' scope, errors and redirects included.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Nothing inline, nothing from elsewhere, in no frame (threats 4, 5). The images in Pico's stylesheet (arrows of fields) are
 * data: addresses.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // Never a path, which may hold the secret of an invitation. `no-referrer` would make browsers send `Origin: null` with
  // our own forms, which is what a forged one looks like.
  'referrer-policy': 'strict-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const

export async function addPageHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  reply.headers(headers)
  // A page may show a key or say who is signed in: it is in no cache and does not come back by the Back button (threat 8).
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  if (request.server.publicUrl.startsWith('https:'))
    reply.header('strict-transport-security', 'max-age=31536000')
  return payload
}
