/**
 * Minting of API keys: by a service for a user, and by a user in a session.
 */
import type { SessionToMintFrom } from '../store/api-keys.ts'
import type { Origin } from '../store/audit.ts'
import type { ApiKeyRecord, SiteRecord, Stored, UserRecord } from '../store/records.ts'
import { type ApiKey, apiKeyView, liveApiKeysOf } from './api-keys.ts'
import type { Caller, SessionCaller } from './caller.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { idLength, makeCredential, makeId } from './credential.ts'
import { Problem } from './errors.ts'
import { digestOf } from './pepper.ts'
import type { Secret } from './secret.ts'
import { checkMayActFor, findSession } from './sessions.ts'
import { readSite } from './site.ts'
import { ensureUser } from './users.ts'

const dayMs = 86_400_000

export interface MintedApiKey extends ApiKey {
  readonly secret: Secret
}

/** What is wanted of a new key. */
export interface ApiKeyOrder {
  readonly description: string
  /** Shorter than the policy's, in days; null: as the policy says. */
  readonly lifetimeDays: number | null
}

/**
 * A service mints an API key for a user, who is created when unknown. The answer comes only after the new key has verified
 * through the ordinary reader; otherwise the key is undone.
 * @param sessionId public id of the user's session that the key is minted from; null: none
 * @throws Problem api_keys_not_allowed, permission_missing, owner_disabled, session_not_found, impersonating,
 * lifetime_too_long, api_key_limit_reached, and the 503s
 */
export async function mintApiKeyFor(
  core: Core,
  caller: Caller,
  userName: string,
  order: ApiKeyOrder,
  sessionId: string | null,
  origin: Origin,
): Promise<MintedApiKey> {
  return await untilSettled(async () => {
    const { site, nowMs } = await readSite(core)
    if (!site.record.settings.apiKeysAllowed) throw new Problem('api_keys_not_allowed')
    const owner = await ensureUser(core, userName, nowMs, origin)
    checkMayActFor(caller, owner.record)
    if (owner.record.disabled) throw new Problem('owner_disabled')
    const session = sessionId === null ? null : await sessionToMintFrom(core, owner.record.id, sessionId)
    return await mintOnce(core, owner, session, site.record, nowMs, order, origin)
  })
}

/**
 * A user mints an API key of their own, in a session. Refused while impersonating; decided inside the script, too, so also
 * when impersonation starts in the middle (threat 19).
 * @throws Problem as mintApiKeyFor
 */
export async function mintOwnApiKey(
  core: Core,
  caller: SessionCaller,
  order: ApiKeyOrder,
  origin: Origin,
): Promise<MintedApiKey> {
  const { user, id } = caller.session
  return await untilSettled(async () => {
    const { site, nowMs } = await readSite(core)
    const session = await sessionToMintFrom(core, user, user + id)
    if (!site.record.settings.apiKeysAllowed) throw new Problem('api_keys_not_allowed')
    const owner = await core.stores.users.read(user)
    if (owner === null) throw new Problem('session_not_found')
    return await mintOnce(core, owner, session, site.record, nowMs, order, origin)
  })
}

/** @throws Problem session_not_found, also for a session of somebody else; impersonating */
async function sessionToMintFrom(core: Core, user: string, sessionId: string): Promise<SessionToMintFrom> {
  const found = sessionId.slice(0, idLength) === user ? await findSession(core, sessionId) : null
  if (found === null) throw new Problem('session_not_found')
  if (found.record.context.impersonating !== undefined) throw new Problem('impersonating')
  return { id: found.session, text: found.text }
}

async function mintOnce(
  core: Core,
  owner: Stored<UserRecord>,
  session: SessionToMintFrom | null,
  site: SiteRecord,
  nowMs: number,
  { description, lifetimeDays }: ApiKeyOrder,
  origin: Origin,
): Promise<MintedApiKey | 'contended'> {
  const user = owner.record
  const { id, key, secret } = makeCredential('api-key', core.gate.id(), { user: user.id, key: makeId() })
  const { apiKeyLifetimeDays: policyDays, apiKeysPerUser } = site.settings
  if (lifetimeDays !== null && policyDays !== null && lifetimeDays > policyDays)
    throw new Problem('lifetime_too_long')
  const days = lifetimeDays ?? policyDays
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

  const store = async () => await core.stores.apiKeys.mint(owner, key, record, apiKeysPerUser, session, event)
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
