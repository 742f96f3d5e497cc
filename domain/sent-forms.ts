/**
 * Forms that may be sent once: a reload of the answer that shows a new key sends its form again, and must not mint again.
 * Each form carries a random nonce; it is remembered for as long as the session, outside of which the form is worthless.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { SessionCaller } from './caller.ts'
import type { Core } from './core.ts'

/** 22 characters of base64url. */
export function makeFormNonce(): string {
  return randomBytes(16).toString('base64url')
}

/** @returns whether it is the first time that this caller's session sends the form */
export async function isSentFirst(core: Core, { session }: SessionCaller, nonce: string): Promise<boolean> {
  const form = createHash('sha256').update(`${session.id} ${nonce}`).digest('base64url').slice(0, 22)
  return await core.stores.sessions.rememberForm(session.user, form, session.record.absoluteEnd)
}
