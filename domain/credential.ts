/**
 * The credential format: one table of the five kinds, one parser, one maker. Pure text, no Redis: typing errors,
 * truncation, extra characters and another site's credentials are refused here, before anything is read.
 *
 *   lka_ site(4) user(8) key(8)             secret(32) checksum(6)     API key
 *   lks_ site(4) user(8) session(8) key(8)  secret(32) checksum(6)     session key
 *   lkw_ site(4) user(8) session(8)         secret(32) checksum(6)     session cookie value ("web")
 *   lkv_ site(4)                            secret(32) checksum(6)     service secret
 *   lki_ site(4) user(8)                    secret(32) checksum(6)     invitation (one-time link)
 */
import { crc32 } from 'node:zlib'
import { encodeBase62, isBase62, randomBase62 } from './base62.ts'
import { Secret } from './secret.ts'

export type CredentialKind = 'api-key' | 'session-key' | 'session' | 'service' | 'invitation'

/** Why a text is no credential of this site, seen from the text alone. Codes of the error catalogue. */
export type FormatRefusal =
  | 'credential_malformed'
  | 'credential_of_another_site'
  | 'credential_legacy_prefix'
  | 'credential_wrong_kind'

/** The ids are empty strings where the kind has none. They identify and never authorise. */
export interface Credential {
  readonly kind: CredentialKind
  readonly user: string
  readonly session: string
  readonly key: string
  /** Public id: user + session + key, as far as the kind has them. */
  readonly id: string
  readonly secret: Secret
}

export const siteIdLength = 4
export const idLength = 8
const prefixLength = 4
const randomLength = 32
const checksumLength = 6

interface Format {
  readonly kind: CredentialKind
  readonly hasUser: boolean
  readonly hasSession: boolean
  readonly hasKey: boolean
  readonly length: number
}

function format(kind: CredentialKind, hasUser: boolean, hasSession: boolean, hasKey: boolean): Format {
  const idsLength = [hasUser, hasSession, hasKey].filter(Boolean).length * idLength
  const length = prefixLength + siteIdLength + idsLength + randomLength + checksumLength
  return { kind, hasUser, hasSession, hasKey, length }
}

const formats: ReadonlyMap<string, Format> = new Map([
  ['lka_', format('api-key', true, false, true)],
  ['lks_', format('session-key', true, true, true)],
  ['lkw_', format('session', true, true, false)],
  ['lkv_', format('service', false, false, false)],
  ['lki_', format('invitation', true, false, false)],
])

/** LabKey's older keys started with these; people still paste them. */
const legacyPrefixes = ['apikey|', 'session|']

/**
 * Reads a presented text as a credential of this site.
 * @param siteId four Base62 characters
 * @returns the credential, or the code of the refusal
 */
export function parseCredential(text: string, siteId: string): Credential | FormatRefusal {
  const known = formats.get(text.slice(0, prefixLength))
  if (known === undefined) {
    return legacyPrefixes.some((prefix) => text.startsWith(prefix))
      ? 'credential_legacy_prefix'
      : 'credential_malformed'
  }
  if (text.length !== known.length || !isBase62(text.slice(prefixLength))) return 'credential_malformed'
  const body = text.slice(0, -checksumLength)
  if (checksum(body) !== text.slice(-checksumLength)) return 'credential_malformed'
  const idsStart = prefixLength + siteIdLength
  if (text.slice(prefixLength, idsStart) !== siteId) return 'credential_of_another_site'

  const id = text.slice(idsStart, known.length - checksumLength - randomLength)
  const user = known.hasUser ? id.slice(0, idLength) : ''
  const session = known.hasSession ? id.slice(idLength, 2 * idLength) : ''
  const key = known.hasKey ? id.slice(-idLength) : ''
  return { kind: known.kind, user, session, key, id, secret: new Secret(text) }
}

/** The ids that a new credential carries; those its kind does not have are left out. */
export interface CredentialIds {
  readonly user?: string
  readonly session?: string
  readonly key?: string
}

/** Makes a new credential with 190 random bits. */
export function makeCredential(kind: CredentialKind, siteId: string, ids: CredentialIds = {}): Credential {
  const [prefix, known] = [...formats].find(([, candidate]) => candidate.kind === kind) ?? []
  if (prefix === undefined || known === undefined) throw new TypeError(`no credential format for ${kind}`)
  const user = partOf(ids.user, known.hasUser)
  const session = partOf(ids.session, known.hasSession)
  const key = partOf(ids.key, known.hasKey)
  const id = user + session + key
  const body = prefix + siteId + id + randomBase62(randomLength)
  return { kind, user, session, key, id, secret: new Secret(body + checksum(body)) }
}

/** A fresh id of a user, session or key: 47 random bits. */
export function makeId(): string {
  return randomBase62(idLength)
}

function partOf(id: string | undefined, isNeeded: boolean): string {
  const text = id ?? ''
  if (text.length !== (isNeeded ? idLength : 0) || !isBase62(text)) {
    throw new TypeError('a credential was given ids that its kind does not have')
  }
  return text
}

/** CRC-32 (ISO-HDLC, as in zip) of the ASCII text, as six Base62 characters. */
function checksum(text: string): string {
  return encodeBase62(crc32(text), checksumLength)
}
