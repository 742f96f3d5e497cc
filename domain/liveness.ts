/**
 * Whether API keys still stand: the one rule, used by verification, lists and clean-up.
 */
import type { SeenApiKey } from '../store/api-keys.ts'
import type { ApiKeyRecord, SiteRecord, UserRecord } from '../store/records.ts'
import type { Core } from './core.ts'
import { readSite } from './site.ts'

/** False when the key has expired or was revoked by a newer generation of its user or of the site. */
export function isLive(
  record: ApiKeyRecord,
  user: UserRecord | null,
  site: SiteRecord,
  nowMs: number,
): user is UserRecord {
  if (user === null || record.ug !== user.generation || record.sg !== site.generation) return false
  return record.e === undefined || record.e > nowMs
}

export interface JudgedApiKeys {
  /** null: there is no such user (any more). */
  readonly owner: UserRecord | null
  readonly live: readonly { readonly key: string; readonly record: ApiKeyRecord }[]
  readonly dead: readonly SeenApiKey[]
}

/**
 * Sorts keys of one user into live and dead. The records are read first, then user and site: generations are random and
 * never return, so a record that does not match what was read after it is dead for good.
 */
export async function judgeApiKeys(
  core: Core,
  userId: string,
  keys: readonly string[],
): Promise<JudgedApiKeys> {
  const records = await core.stores.apiKeys.readAll(userId, keys)
  const [user, { site, nowMs }] = await Promise.all([core.stores.users.read(userId), readSite(core)])
  const owner = user?.record ?? null
  const live: { key: string; record: ApiKeyRecord }[] = []
  const dead: SeenApiKey[] = []
  for (const [index, key] of keys.entries()) {
    const seen = records[index] ?? null
    if (seen !== null && isLive(seen.record, owner, site.record, nowMs))
      live.push({ key, record: seen.record })
    else dead.push({ key, text: seen?.text ?? null })
  }
  return { owner, live, dead }
}
