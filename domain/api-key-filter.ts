/**
 * Which API keys are asked for: filters of the administrators' list, of counts, and of revoking all that match. Pure.
 */
import type { ApiKey } from './api-keys.ts'
import { foldUserName } from './users.ts'

/** Times are milliseconds since the epoch, both ends inclusive; -Infinity and Infinity for open ends. */
export interface ApiKeyFilter {
  /** Exact user name; null: all. */
  readonly user: string | null
  /** Beginning of the user name, folded; '' : all. */
  readonly userBeginning: string
  readonly createdFromMs: number
  readonly createdToMs: number
  /** A key that never expires lies at Infinity. */
  readonly expiresFromMs: number
  readonly expiresToMs: number
  readonly isNeverUsed: boolean
  /** Not used after this time; a key that was never used counts by its creation. */
  readonly unusedSinceMs: number
}

export const everyApiKey: ApiKeyFilter = {
  user: null,
  userBeginning: '',
  createdFromMs: Number.NEGATIVE_INFINITY,
  createdToMs: Number.POSITIVE_INFINITY,
  expiresFromMs: Number.NEGATIVE_INFINITY,
  expiresToMs: Number.POSITIVE_INFINITY,
  isNeverUsed: false,
  unusedSinceMs: Number.POSITIVE_INFINITY,
}

export function matchesFilter(key: ApiKey, filter: ApiKeyFilter): boolean {
  const expiresMs = key.expiresAtMs ?? Number.POSITIVE_INFINITY
  if (key.createdAtMs < filter.createdFromMs || key.createdAtMs > filter.createdToMs) return false
  if (expiresMs < filter.expiresFromMs || expiresMs > filter.expiresToMs) return false
  if (filter.isNeverUsed && key.lastUsedAtMs !== null) return false
  if ((key.lastUsedAtMs ?? key.createdAtMs) > filter.unusedSinceMs) return false
  if (filter.user !== null && foldUserName(key.user) !== foldUserName(filter.user)) return false
  return filter.userBeginning === '' || foldUserName(key.user).startsWith(filter.userBeginning)
}

/** Names of the members that ask for something. */
export function askedBy(filter: ApiKeyFilter): readonly (keyof ApiKeyFilter)[] {
  const members = Object.keys(everyApiKey) as (keyof ApiKeyFilter)[]
  return members.filter((member) => filter[member] !== everyApiKey[member])
}

/** What is asked for, for records and cursors: JSON has no Infinity, so open ends are left out. */
export function filterText(filter: ApiKeyFilter): string {
  return JSON.stringify(Object.fromEntries(askedBy(filter).map((member) => [member, filter[member]])))
}

/** @param text from `filterText` */
export function filterOfText(text: string): ApiKeyFilter {
  // A key that never expires lies at Infinity, which JSON writes as null.
  const asked = JSON.parse(text, (_name, value) => (value === null ? Number.POSITIVE_INFINITY : value))
  return { ...everyApiKey, ...asked }
}
