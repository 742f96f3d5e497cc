/**
 * API keys: list, read, rename. Minting and revocation have their own files.
 */
import type { SeenApiKey } from '../store/api-keys.ts'
import type { Origin } from '../store/audit.ts'
import type { ApiKeyRecord, Stored, UserRecord } from '../store/records.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { idLength } from './credential.ts'
import { Problem } from './errors.ts'
import { isLive, judgeApiKeys, type LiveApiKey } from './liveness.ts'
import { readSite } from './site.ts'

/** An API key as its owner and administrators see it: never the digest. */
export interface ApiKey {
  readonly id: string
  readonly number: number
  /** The owner's name. */
  readonly user: string
  readonly description: string
  readonly createdAtMs: number
  /** null: never. */
  readonly expiresAtMs: number | null
  readonly lastUsedAtMs: number | null
}

/** All live API keys of a user, oldest first. Dead ones that are met are removed. */
export async function listApiKeysOf(core: Core, user: string): Promise<readonly ApiKey[]> {
  const live = await liveApiKeysOf(core, user)
  return (await withLastUse(core, live)).toSorted((left, right) => left.number - right.number)
}

/** Live keys as they are shown, in the same order. */
export async function withLastUse(core: Core, live: readonly LiveApiKey[]): Promise<readonly ApiKey[]> {
  const lastUsed = await core.stores.apiKeys.lastUsed(live.map(({ id }) => id))
  return live.map(({ id, record, owner }, index) => apiKeyView(owner, id, record, lastUsed[index] ?? null))
}

/** One live API key by its public id, whoever owns it. @throws Problem api_key_not_found */
export async function findApiKey(core: Core, id: string): Promise<FoundApiKey> {
  const user = id.slice(0, idLength)
  const key = id.slice(idLength)
  const before = await core.stores.apiKeys.read(user, key)
  const [owner, { site, nowMs }] = await Promise.all([core.stores.users.read(user), readSite(core)])
  const ownerRecord = owner?.record ?? null
  if (before === null || !isLive(before.record, ownerRecord, site.record, nowMs)) {
    throw new Problem('api_key_not_found')
  }
  return { user: ownerRecord, key, before }
}

export interface FoundApiKey {
  readonly user: UserRecord
  readonly key: string
  readonly before: Stored<ApiKeyRecord>
}

/** One live API key of this owner; somebody else's is not found, the same as none. @throws Problem api_key_not_found */
export async function findOwnApiKey(core: Core, owner: string, id: string): Promise<FoundApiKey> {
  if (id.slice(0, idLength) !== owner) throw new Problem('api_key_not_found')
  return await findApiKey(core, id)
}

/** Somebody else's is not found, the same as none. @throws Problem api_key_not_found */
export async function readOwnApiKey(core: Core, owner: string, id: string): Promise<ApiKey> {
  if (id.slice(0, idLength) !== owner) throw new Problem('api_key_not_found')
  return await readApiKey(core, id)
}

/** Whoever owns it. @throws Problem api_key_not_found */
export async function readApiKey(core: Core, id: string): Promise<ApiKey> {
  const { user, before } = await findApiKey(core, id)
  const [lastUsed] = await core.stores.apiKeys.lastUsed([id])
  return apiKeyView(user, id, before.record, lastUsed ?? null)
}

/** @throws Problem api_key_not_found, record_contended */
export async function renameOwnApiKey(
  core: Core,
  owner: string,
  id: string,
  description: string,
  origin: Origin,
): Promise<ApiKey> {
  await untilSettled(async () => {
    const { user, key, before } = await findOwnApiKey(core, owner, id)
    const details = { id, description }
    const event = { ...origin, action: 'api-key.renamed', subject: user.name, details } as const
    const after = { ...before.record, t: description }
    return (await core.stores.apiKeys.replace(owner, key, before, after, event)) ? 'renamed' : 'contended'
  })
  return await readOwnApiKey(core, owner, id)
}

/** The live keys of a user; dead ones that are still listed are removed. */
export async function liveApiKeysOf(core: Core, userId: string): Promise<readonly LiveApiKey[]> {
  const { live, dead } = await judgeApiKeys(core, await core.stores.apiKeys.idsOfUser(userId))
  await tidy(core, dead)
  return live
}

/** Removes dead keys that a list met: a courtesy, so on a Redis that takes no writes the list is still shown. */
export async function tidy(core: Core, dead: readonly SeenApiKey[]): Promise<void> {
  if (dead.length > 0) await core.stores.apiKeys.removeDead(dead).catch(() => {})
}

export function apiKeyView(
  user: UserRecord,
  id: string,
  record: ApiKeyRecord,
  lastUsedAtMs: number | null,
): ApiKey {
  return {
    id,
    number: record.n,
    user: user.name,
    description: record.t ?? '',
    createdAtMs: record.c,
    expiresAtMs: record.e ?? null,
    lastUsedAtMs,
  }
}
