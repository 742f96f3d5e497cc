/**
 * The one verifier of all kinds of credential: text → verdict, with one round trip of plain reads and nothing cached.
 * A verdict that says no is a value; having no answer is a Problem (503), never a no.
 * Callers: plugins/access.ts (every request), routes/verify, and minting, which reads back what it wrote.
 */
import { names } from '../store/names.ts'
import type { ReadBatch } from '../store/read-batch.ts'
import {
  type ApiKeyRecord,
  parseRecord,
  type ServiceRecord,
  type SiteRecord,
  type UserRecord,
} from '../store/records.ts'
import { type Caller, isServiceName } from './caller.ts'
import { type Credential, type CredentialKind, type FormatRefusal, parseCredential } from './credential.ts'
import { Problem } from './errors.ts'
import { isLive } from './liveness.ts'
import { digestMatches } from './pepper.ts'
import type { PepperRing } from './pepper-ring.ts'
import type { Secret } from './secret.ts'
import { verifySessionCredential } from './session-verification.ts'
import type { SiteGate } from './site.ts'

export type RefusalCode = FormatRefusal | 'credential_invalid' | 'user_disabled'

export type Verdict =
  | { readonly active: true; readonly caller: Caller; readonly atMs: number }
  | {
      readonly active: false
      readonly code: RefusalCode
      /** Public id that the credential names, for the access log; null where the text has none. */
      readonly id: string | null
    }

export type UserCredentialKind = Exclude<CredentialKind, 'service' | 'invitation'>

/** What goes with the user name `apikey`, as Bearer and in the header `apikey`. */
const keyKinds: readonly UserCredentialKind[] = ['api-key', 'session-key']

export interface Verifier {
  /**
   * A user's credential, of the kinds that belong where it was presented.
   * @throws Problem (503) without an answer
   */
  verify(text: string, kinds?: readonly UserCredentialKind[]): Promise<Verdict>
  /** A service's secret, as presented with the service's name. @throws Problem (503) without an answer */
  verifyService(name: string, text: string): Promise<Verdict>
}

export function createVerifier(reads: ReadBatch, gate: SiteGate, peppers: PepperRing): Verifier {
  const parseSite = createSiteParser(gate)

  async function verify(text: string, kinds = keyKinds): Promise<Verdict> {
    const credential = parseCredential(text, gate.id())
    if (typeof credential === 'string') return refused(credential)
    const { kind } = credential
    if (kind === 'service' || kind === 'invitation' || !kinds.includes(kind))
      return refused('credential_wrong_kind', credential.id || null)
    return kind === 'api-key' ? await verifyApiKey(credential) : await verifySession({ ...credential, kind })
  }

  async function verifySession(credential: SessionCredential): Promise<Verdict> {
    const outcome = await verifySessionCredential(reads, peppers, parseSite, credential)
    if (outcome === 'unknown') return unknown(credential)
    return typeof outcome === 'string' ? refused(outcome, credential.id) : { active: true, ...outcome }
  }

  async function verifyApiKey(credential: Credential): Promise<Verdict> {
    const { user: userId, key, id, secret } = credential
    const { texts, nowMs } = await reads.read([names.apiKey(userId, key), names.user(userId), names.site])
    const site = parseSite(texts[2])
    if (texts[0] == null) return unknown(credential)

    const record = parseRecord<ApiKeyRecord>(texts[0])
    const user = texts[1] == null ? null : parseRecord<UserRecord>(texts[1])
    const isGenuine = digestMatches(peppers.byNumber(record.p), secret, record.d)
    if (!isGenuine || !isLive(record, user, site, nowMs)) return refused('credential_invalid', id)
    if (user.disabled) return refused('user_disabled', id)
    const { name, roles, groups } = user
    const caller = {
      kind: 'api-key',
      id,
      user: { id: userId, name, roles, groups },
      expiresAtMs: record.e ?? null,
    } as const
    return { active: true, caller, atMs: nowMs }
  }

  async function verifyService(name: string, text: string): Promise<Verdict> {
    const credential = parseCredential(text, gate.id())
    if (typeof credential === 'string') return refused(credential)
    if (credential.kind !== 'service') return refused('credential_wrong_kind', credential.id)
    if (!isServiceName(name)) return unknown(credential)
    const { texts, nowMs } = await reads.read([names.service(name), names.site])
    parseSite(texts[1])
    if (texts[0] == null) return unknown(credential)

    const record = parseRecord<ServiceRecord>(texts[0])
    const { secret } = credential
    const isGenuine =
      digestMatches(peppers.byNumber(record.pepper), secret, record.digest) ||
      matchesPrevious(record.previous, secret, nowMs)
    const hasExpired = record.expires !== undefined && record.expires <= nowMs
    if (!isGenuine || hasExpired) return refused('credential_invalid')
    const { permissions, expires = null } = record
    return {
      active: true,
      caller: { kind: 'service', id: name, permissions, expiresAtMs: expires },
      atMs: nowMs,
    }
  }

  /** The secret before a rotation, while the overlap lasts; only then is there a second digest to compute. */
  function matchesPrevious(previous: ServiceRecord['previous'], secret: Secret, nowMs: number): boolean {
    if (previous === undefined || previous.until <= nowMs) return false
    return digestMatches(peppers.byNumber(previous.pepper), secret, previous.digest)
  }

  /** No such record: the same work as for a mismatch, so that timing does not tell which ids exist. */
  function unknown(credential: Credential): Verdict {
    digestMatches(peppers.newest, credential.secret, null)
    return refused('credential_invalid', credential.id || null)
  }

  return { verify, verifyService }
}

type SessionCredential = Parameters<typeof verifySessionCredential>[3]

function refused(code: RefusalCode, id: string | null = null): Verdict {
  return { active: false, code, id }
}

/**
 * Every verdict reads the site record anew; parsing it anew is spared while its text is the same to the letter.
 * @throws Problem site_missing: a flushed or foreign database must never look like a revoked key
 */
function createSiteParser(gate: SiteGate): (text: string | null | undefined) => SiteRecord {
  let lastText = ''
  let lastSite: SiteRecord | null = null
  return (text) => {
    if (text == null) throw new Problem('site_missing')
    if (lastSite === null || text !== lastText) {
      lastSite = parseRecord<SiteRecord>(text)
      lastText = text
    }
    if (lastSite.id !== gate.id()) throw new Problem('site_missing')
    return lastSite
  }
}
