/**
 * What Redis does not end by itself: the index entries of API keys whose records have expired. Removed at intervals, so that
 * counts read off the indexes are right and nothing grows that nobody lists. No verification depends on it.
 */
import { shards } from '../store/names.ts'
import type { Core } from './core.ts'
import { readSite } from './site.ts'

/** Of one shard at a time; the rest has its turn at the next interval. */
const atOnce = 250

/** @returns how many entries were found expired */
export async function removeExpired(core: Core): Promise<number> {
  const { nowMs } = await readSite(core)
  let found = 0
  for (const shard of shards) {
    const ids = await core.stores.keyIndex.expired(shard, nowMs, atOnce)
    found += ids.length
    // Redis may not have expired the record yet at this very millisecond: then it is met again.
    if (ids.length > 0) await core.stores.apiKeys.removeDead(ids.map((id) => ({ id, text: null })))
  }
  return found
}
