/**
 * Verification of session cookies and session keys: the session's hash, its user and the site, in one round trip; one more
 * read only while a user is impersonated.
 * Callers: domain/verification.ts.
 */
import { names } from '../store/names.ts'
import type { ReadBatch } from '../store/read-batch.ts'
import { parseRecord, type SessionKeyRecord, type SessionRecord, type UserRecord } from '../store/records.ts'
import { sessionFields } from '../store/sessions.ts'
import type { SessionCaller } from './caller.ts'
import { effectiveIdentity } from './context.ts'
import type { Credential } from './credential.ts'
import { digestMatches } from './pepper.ts'
import type { PepperRing } from './pepper-ring.ts'

/** `unknown`: there is no such record, so the work of a mismatch is still to be done. */
export type SessionOutcome =
  | 'unknown'
  | 'credential_invalid'
  | 'user_disabled'
  | { readonly caller: SessionCaller; readonly atMs: number }

export async function verifySessionCredential(
  reads: ReadBatch,
  peppers: PepperRing,
  checkSite: (text: string | null | undefined) => unknown,
  credential: Credential & { readonly kind: 'session' | 'session-key' },
): Promise<SessionOutcome> {
  const { kind, id, user: userId, session, key, secret } = credential
  const keyFields = kind === 'session-key' ? [sessionFields.key(key)] : []
  const { texts, fields, nowMs } = await reads.read([names.user(userId), names.site], {
    name: names.session(userId, session),
    fields: [sessionFields.record, sessionFields.touched, ...keyFields],
  })
  checkSite(texts[1])
  const [text, touchedText, keyText] = fields
  if (text == null || (kind === 'session-key' && keyText == null)) return 'unknown'
  const record = parseRecord<SessionRecord>(text)
  const digest = keyText == null ? cookieDigest(record) : keyDigest(keyText)
  if (digest === null) return 'unknown'
  if (!digestMatches(peppers.byNumber(digest.pepper), secret, digest.digest)) return 'credential_invalid'

  const owner = texts[0] == null ? null : parseRecord<UserRecord>(texts[0])
  if (owner === null || record.absoluteEnd <= nowMs) return 'credential_invalid'
  if (owner.disabled) return 'user_disabled'
  const targetId = record.context.impersonating?.user
  const target = targetId === undefined ? null : await readUser(reads, targetId)
  const identity = effectiveIdentity(owner, record.context, target)
  if (identity === null) return 'credential_invalid'
  const touchedMs = Number(touchedText)
  const caller: SessionCaller = {
    kind,
    id,
    ...identity,
    expiresAtMs: Math.min(record.absoluteEnd, touchedMs + record.idle),
    session: { user: userId, id: session, text, record, touchedMs },
  }
  return { caller, atMs: nowMs }
}

async function readUser(reads: ReadBatch, id: string): Promise<UserRecord | null> {
  const { texts } = await reads.read([names.user(id)])
  return texts[0] == null ? null : parseRecord<UserRecord>(texts[0])
}

interface StoredDigest {
  readonly digest: string
  readonly pepper: number
}

/** null: a service opened the session, and there is no cookie. */
function cookieDigest({ digest, pepper }: SessionRecord): StoredDigest | null {
  return digest === undefined || pepper === undefined ? null : { digest, pepper }
}

function keyDigest(text: string): StoredDigest {
  const { d: digest, p: pepper } = parseRecord<SessionKeyRecord>(text)
  return { digest, pepper }
}
