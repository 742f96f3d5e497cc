/**
 * Whether API keys still stand: the one rule, used by verification, lists and clean-up.
 */
import type { SeenApiKey } from '../store/api-keys.ts'
import type { ApiKeyRecord, SiteRecord, UserRecord } from '../store/records.ts'
import type { Core } from './core.ts'
import { idLength } from './credential.ts'
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

export interface LiveApiKey {
  readonly id: string
  readonly record: ApiKeyRecord
  /** The record's text, for a compare-and-set. */
  readonly text: string
  readonly owner: UserRecord
}

export interface JudgedApiKeys {
  /** In the order of the ids that were asked for. */
  readonly live: readonly LiveApiKey[]
  readonly dead: readonly SeenApiKey[]
  readonly nowMs: number
}

/**
 * Sorts keys into live and dead. The records are read first, then users and site: generations are random and never
 * return, so a record that does not match what was read after it is dead for good.
 */
export async function judgeApiKeys(core: Core, ids: readonly string[]): Promise<JudgedApiKeys> {
  const records = await core.stores.apiKeys.readAll(ids)
  const userIds = [...new Set(ids.map((id) => id.slice(0, idLength)))]
  const [users, { site, nowMs }] = await Promise.all([core.stores.users.readAll(userIds), readSite(core)])
  const owners = new Map(userIds.map((userId, index) => [userId, users[index]?.record ?? null]))
  const live: LiveApiKey[] = []
  const dead: SeenApiKey[] = []
  for (const [index, id] of ids.entries()) {
    const seen = records[index] ?? null
    const owner = owners.get(id.slice(0, idLength)) ?? null
    if (seen !== null && isLive(seen.record, owner, site.record, nowMs)) {
      live.push({ id, ...seen, owner })
    } else {
      dead.push({ id, text: seen?.text ?? null })
    }
  }
  return { live, dead, nowMs }
}
