/**
 * API keys: mint, list, read, rename. Revocation has its own file.
 */
import type { SeenApiKey } from '../store/api-keys.ts'
import type { Origin } from '../store/audit.ts'
import type { ApiKeyRecord, SiteRecord, Stored, UserRecord } from '../store/records.ts'
import { type Caller, hasPermission, isAdministrator } from './caller.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { idLength, makeCredential, makeId } from './credential.ts'
import { Problem } from './errors.ts'
import { isLive, judgeApiKeys, type LiveApiKey } from './liveness.ts'
import { digestOf } from './pepper.ts'
import type { Secret } from './secret.ts'
import { readSite } from './site.ts'
import { ensureUser } from './users.ts'

const dayMs = 86_400_000

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

export interface MintedApiKey extends ApiKey {
  readonly secret: Secret
}

/**
 * Mints an API key for a user, who is created when unknown. The answer comes only after the new key has verified
 * through the ordinary reader; otherwise the key is undone.
 * @throws Problem api_keys_not_allowed, permission_missing, owner_disabled, api_key_limit_reached, and the 503s
 */
export async function mintApiKeyFor(
  core: Core,
  caller: Caller,
  userName: string,
  description: string,
  origin: Origin,
): Promise<MintedApiKey> {
  return await untilSettled(async () => {
    const { site, nowMs } = await readSite(core)
    if (!site.record.settings.apiKeysAllowed) throw new Problem('api_keys_not_allowed')
    const owner = await ensureUser(core, userName, nowMs, origin)
    if (isAdministrator(owner.record) && !hasPermission(caller, 'admin')) {
      throw new Problem('permission_missing', {
        detail: 'Minting for an administrator needs the permission "admin".',
      })
    }
    if (owner.record.disabled) throw new Problem('owner_disabled')
    return await mintOnce(core, owner, site.record, nowMs, description, origin)
  })
}

async function mintOnce(
  core: Core,
  owner: Stored<UserRecord>,
  site: SiteRecord,
  nowMs: number,
  description: string,
  origin: Origin,
): Promise<MintedApiKey | 'contended'> {
  const user = owner.record
  const { id, key, secret } = makeCredential('api-key', core.gate.id(), { user: user.id, key: makeId() })
  const { apiKeyLifetimeDays: days, apiKeysPerUser } = site.settings
  const record: ApiKeyRecord = {
    v: 1,
    d: digestOf(core.peppers.newest, secret),
    p: core.peppers.newest.number,
    ug: user.generation,
    sg: site.generation,
    n: await core.stores.apiKeys.nextNumber(),
    c: nowMs,
    ...(days === null ? {} : { e: nowMs + days * dayMs }),
    ...(description === '' ? {} : { t: description }),
  }
  const details = { id, number: record.n, expiresAtMs: record.e ?? null }
  const event = { ...origin, action: 'api-key.minted', subject: user.name, details } as const

  const store = async () => await core.stores.apiKeys.mint(owner, key, record, apiKeysPerUser, event)
  let outcome = await store()
  if (outcome === 'limit') {
    // Keys revoked by generation may still be listed: reading the list removes them.
    await liveApiKeysOf(core, user.id)
    outcome = await store()
  }
  if (outcome === 'limit') throw new Problem('api_key_limit_reached')
  if (outcome !== 'minted') return 'contended'

  const undo = async (reason: string): Promise<boolean> =>
    await core.stores.apiKeys.revoke(user.id, key, {
      ...origin,
      action: 'api-key.revoked',
      subject: user.name,
      details: { id, reason },
    })
  const verdict = await core.verifier.verify(secret.reveal()).catch(async (cause: unknown) => {
    // Its secret is never shown, so it is not to linger, and nobody may be told that nothing was changed.
    await undo('it could not be read after it was written').catch(() => {})
    throw new Problem('outcome_unknown', { cause })
  })
  if (!verdict.active) {
    // Somebody revoked everything, or disabled the user, while we minted: this key must not linger unshown.
    await undo('it did not verify after it was written')
    return 'contended'
  }
  return { ...apiKeyView(user, id, record, null), secret }
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

/** @throws Problem api_key_not_found */
export async function readOwnApiKey(core: Core, owner: string, id: string): Promise<ApiKey> {
  const { user, before } = await findOwnApiKey(core, owner, id)
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

function apiKeyView(user: UserRecord, id: string, record: ApiKeyRecord, lastUsedAtMs: number | null): ApiKey {
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
