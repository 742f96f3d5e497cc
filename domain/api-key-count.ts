/**
 * How many API keys match a filter, and whose they are. What an index can tell is read off it, whatever the number of keys;
 * the rest is walked.
 */
import { type ApiKeyFilter, askedBy } from './api-key-filter.ts'
import { allApiKeys, listAllApiKeys } from './api-key-list.ts'
import { type ApiKeySort, rangesOf } from './api-key-order.ts'
import type { Core } from './core.ts'
import { readSite } from './site.ts'

export interface QuickCount {
  readonly count: number
  /** False: there are at least so many, and more were not looked at. */
  readonly isExact: boolean
}

export interface OwnersOfKeys {
  readonly count: number
  /** User names with how many keys, most keys first; at most so many as were asked for. */
  readonly most: readonly (readonly [user: string, count: number])[]
  readonly users: number
}

const matchesLookedAt = 200

/** How many keys match, at the cost of a page. Keys that a revocation ended count until they are removed. */
export async function countQuickly(core: Core, filter: ApiKeyFilter): Promise<QuickCount> {
  const count = await countByIndex(core, filter)
  if (count !== null) return { count, isExact: true }
  const sort = fittingSort(filter)
  const page = await listAllApiKeys(core, { filter, sort, order: 'asc' }, matchesLookedAt, null)
  return { count: page.items.length, isExact: page.nextCursor === null }
}

/** How many keys match. A filter that is more than a range of one index is walked. */
export async function countApiKeys(core: Core, filter: ApiKeyFilter): Promise<number> {
  return (await countByIndex(core, filter)) ?? (await findOwners(core, filter, 0)).count
}

/** Walks all that match. @param mostNamed of the users how many are named */
export async function findOwners(core: Core, filter: ApiKeyFilter, mostNamed: number): Promise<OwnersOfKeys> {
  const sort = fittingSort(filter)
  const counts = new Map<string, number>()
  let count = 0
  for await (const { user } of allApiKeys(core, { filter, sort, order: 'asc' })) {
    counts.set(user, (counts.get(user) ?? 0) + 1)
    count++
  }
  const most = [...counts].toSorted(([, left], [, right]) => right - left).slice(0, mostNamed)
  return { count, most, users: counts.size }
}

/** The sort whose index holds least beside what is asked for. */
function fittingSort(filter: ApiKeyFilter): ApiKeySort {
  const asked = askedBy(filter)
  const isAsked = (...members: readonly (keyof ApiKeyFilter)[]): boolean =>
    members.some((member) => asked.includes(member))
  if (isAsked('userBeginning')) return 'user'
  if (isAsked('isNeverUsed', 'unusedSinceMs')) return 'lastUsedAt'
  return isAsked('expiresFromMs', 'expiresToMs') ? 'expiresAt' : 'createdAt'
}

/** @returns null where no index has the answer */
async function countByIndex(core: Core, filter: ApiKeyFilter): Promise<number | null> {
  const asked = askedBy(filter)
  const isOnly = (...members: readonly (keyof ApiKeyFilter)[]): boolean =>
    asked.every((member) => members.includes(member))
  const { keyIndex } = core.stores
  if (isOnly('expiresFromMs', 'expiresToMs')) {
    // What has expired may still be listed, and is not meant.
    const { nowMs } = await readSite(core)
    const [{ least, greatest }] = rangesOf(filter, 'expiresAt')
    return sum(await keyIndex.count('expires', [{ least: Math.max(least, nowMs + 1), greatest }]))
  }
  if (isOnly('isNeverUsed', 'unusedSinceMs'))
    return sum(await keyIndex.count('used', rangesOf(filter, 'lastUsedAt')))
  if (isOnly('createdFromMs', 'createdToMs'))
    return sum(await keyIndex.count('created', rangesOf(filter, 'createdAt')))
  return null
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
