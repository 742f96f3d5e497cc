/**
 * What a session's context says, in words for administrators. Pure.
 */
import type { Session } from '../../domain/session-list.ts'

/** RFC 8176; others are shown as they are. */
const methodWords: Readonly<Record<string, string>> = {
  pwd: 'password',
  otp: 'one-time code',
  mfa: 'several factors',
  sms: 'text message',
  hwk: 'security key',
  swk: 'passkey',
  fpt: 'fingerprint',
  pin: 'PIN',
  kba: 'questions',
  sc: 'smart card',
}

export interface SignedInBy {
  /** Empty: nothing is known of it. */
  readonly methods: string
  readonly service: string | null
}

export function howSignedIn({ context, service }: Pick<Session, 'context' | 'service'>): SignedInBy {
  const words = context.authenticated.methods.map((method) =>
    Object.hasOwn(methodWords, method) ? methodWords[method] : method,
  )
  return { methods: words.join(', '), service }
}

export interface ActingAs {
  readonly kind: 'user' | 'group' | 'role'
  readonly name: string
}

/** @returns null for somebody who is themselves */
export function actingAs({ context }: Pick<Session, 'context'>): ActingAs | null {
  return context.impersonating ?? null
}
