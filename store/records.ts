/**
 * The JSON records as they lie in Redis, and their reading and changing. Field names of the numerous ones are short
 * because a million of them are kept. Times are milliseconds since the epoch. A change spreads the record as read, so
 * fields that this version does not know are kept.
 */
import { Problem } from '../domain/errors.ts'

/** `lk:{c}:k:<user>:<key>` */
export interface ApiKeyRecord {
  /** Version of the record's layout. */
  readonly v: 1
  /** Digest of the whole credential, base64url. */
  readonly d: string
  /** Number of the pepper of the digest. */
  readonly p: number
  /** Key generation of the user, and of the site, when the key was made. */
  readonly ug: string
  readonly sg: string
  /** Site-wide key number. */
  readonly n: number
  /** Created. */
  readonly c: number
  /** Expires; absent for Never. */
  readonly e?: number
  /** Description. */
  readonly t?: string
}

/** What a session knows beside its user; the wire shape of contexts (architecture.md). */
export interface SessionContext {
  /** Narrow the user's roles; absent: all the user has. A context never adds one. */
  readonly roles?: readonly string[]
  /** Absent: the user's groups. */
  readonly groups?: readonly string[]
  readonly termsOfUse: readonly { readonly name: string; readonly acceptedAt: string }[]
  readonly phiLevel: 'not-phi' | 'limited' | 'full' | 'restricted'
  readonly impersonating?: Impersonating
  readonly authenticated: { readonly methods: readonly string[]; readonly at: string }
}

export interface Impersonating {
  readonly kind: 'user' | 'group' | 'role'
  readonly name: string
  /** Id of the impersonated user. */
  readonly user?: string
}

/** Field `session` of `lk:{c}:s:<user>:<session>`. Milliseconds. */
export interface SessionRecord {
  readonly v: 1
  /** Digest of the cookie's credential and number of its pepper; absent: opened by a service, there is no cookie. */
  readonly digest?: string
  readonly pepper?: number
  readonly created: number
  readonly absoluteEnd: number
  readonly idle: number
  readonly context: SessionContext
  /** Where it was opened from. */
  readonly address: string
  /** The service that opened it. */
  readonly service?: string
}

/** Field `key:<key>` of a session: as an API key's record, without expiry and generations. */
export interface SessionKeyRecord {
  readonly v: 1
  readonly d: string
  readonly p: number
  readonly n: number
  readonly c: number
  readonly t?: string
}

/** `lk:{c}:u:<user>`: what every verdict needs of a user. */
export interface UserRecord {
  readonly v: 1
  readonly id: string
  /** As first given; the folded form is in the name's own record. */
  readonly name: string
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly disabled?: true
  /** Key generation: a fresh random text revokes all the user's API keys. */
  readonly generation: string
  readonly created: number
}

/** `lk:{site}:service:<name>` */
export interface ServiceRecord {
  readonly v: 1
  readonly name: string
  readonly digest: string
  readonly pepper: number
  readonly permissions: readonly string[]
  readonly created: number
  /** Absent: never. */
  readonly expires?: number
  /** The secret before the last rotation, until its overlap ends. */
  readonly previous?: {
    readonly digest: string
    readonly pepper: number
    readonly until: number
  }
}

export interface SettingsRecord {
  readonly siteName: string
  readonly apiKeysAllowed: boolean
  readonly apiKeyLifetimeDays: 7 | 30 | 90 | 180 | 365 | null
  readonly sessionKeysAllowed: boolean
  readonly sessionIdleMinutes: number
  readonly sessionAbsoluteHours: number
  readonly apiKeysPerUser: number
  readonly sessionKeysPerSession: number
}

/** `lk:{site}:site` */
export interface SiteRecord {
  readonly v: 1
  /** Four Base62 characters, in every credential. */
  readonly id: string
  readonly settings: SettingsRecord
  /** Key generation of the site: a fresh random text revokes all API keys. */
  readonly generation: string
  /** Pepper number → check value. */
  readonly peppers: Readonly<Record<string, string>>
  readonly created: number
}

/** A record together with the text it was read from, which a compare-and-set needs. */
export interface Stored<Fields> {
  readonly text: string
  readonly record: Fields
}

/** @throws Problem internal_error for a record of a later layout or no JSON: never taken for a missing one */
export function parseRecord<Fields extends { readonly v: number }>(text: string): Fields {
  const record: Fields = parseJson(text)
  if (record.v !== 1) {
    throw new Problem('internal_error', { cause: new Error(`record of unknown version ${record.v}`) })
  }
  return record
}

export function stored<Fields extends { readonly v: number }>(text: string): Stored<Fields> {
  return { text, record: parseRecord(text) }
}

function parseJson<Fields>(text: string): Fields {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Problem('internal_error', { cause })
  }
}
