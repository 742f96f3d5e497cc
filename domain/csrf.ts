/**
 * The CSRF token of a session (threat 1): a keyed digest of the cookie, so there is nothing to store, it is another for
 * every cookie, and it is worthless without it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Pepper } from './pepper.ts'
import type { Secret } from './secret.ts'

/** 43 characters of base64url. */
export function csrfTokenOf(pepper: Pepper, cookie: Secret): string {
  return createHmac('sha256', pepper.key).update(`csrf token of ${cookie.reveal()}`).digest('base64url')
}

export function isCsrfToken(presented: unknown, expected: string): boolean {
  if (typeof presented !== 'string' || presented.length !== expected.length) return false
  const bytes = Buffer.from(presented)
  return bytes.length === expected.length && timingSafeEqual(bytes, Buffer.from(expected))
}
