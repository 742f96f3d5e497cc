/**
 * Session keys: they live in their session's own hash, run in its context and end with it. Their use does not extend it.
 */
import type { Origin } from '../store/audit.ts'
import type { SessionKeyRecord } from '../store/records.ts'
import type { SessionKey as StoredSessionKey } from '../store/sessions.ts'
import { type Caller, hasPermission } from './caller.ts'
import { untilSettled } from './contention.ts'
import { effectiveIdentity } from './context.ts'
import type { Core } from './core.ts'
import { makeCredential, makeId } from './credential.ts'
import { Problem } from './errors.ts'
import { digestOf } from './pepper.ts'
import type { Secret } from './secret.ts'
import { targetOf } from './session-list.ts'
import { checkMayActFor, findSession } from './sessions.ts'
import { readSite } from './site.ts'

export interface SessionKey {
  /** Public id: user + session + key. */
  readonly id: string
  readonly number: number
  /** Name of the session's own user. */
  readonly user: string
  readonly description: string
  readonly createdAtMs: number
  /** The latest end of the session. */
  readonly expiresAtMs: number
}

export interface MintedSessionKey extends SessionKey {
  readonly secret: Secret
}

/**
 * Mints a key for a session. The answer comes only after the new key has verified through the ordinary verifier.
 * @param sessionId public id of the session
 * @throws Problem session_keys_not_allowed, session_not_found (also while its impersonation does not stand), owner_disabled,
 * session_key_limit_reached, permission_missing, and the 503s
 */
export async function mintSessionKey(
  core: Core,
  caller: Caller,
  sessionId: string,
  description: string,
  origin: Origin,
): Promise<MintedSessionKey> {
  return await untilSettled(async () => {
    const { site, nowMs } = await readSite(core)
    const { settings, id: siteId } = site.record
    if (!settings.sessionKeysAllowed) throw new Problem('session_keys_not_allowed')
    const found = await findSession(core, sessionId)
    const { user, session, owner } = found
    if (hasPermission(caller, 'sessions')) checkMayActFor(caller, owner.record)
    // A key that cannot verify would be minted and undone again and again.
    if (owner.record.disabled) throw new Problem('owner_disabled')
    const identity = effectiveIdentity(owner.record, found.record.context, await targetOf(core, found.record))
    if (identity === null) throw new Problem('session_not_found')
    const { id, key, secret } = makeCredential('session-key', siteId, { user, session, key: makeId() })
    const { newest } = core.peppers
    const record: SessionKeyRecord = {
      v: 1,
      d: digestOf(newest, secret),
      p: newest.number,
      n: await core.stores.apiKeys.nextNumber(),
      c: nowMs,
      ...(description === '' ? {} : { t: description }),
    }
    const details = { id, number: record.n }
    const event = { ...origin, action: 'session-key.minted', subject: owner.record.name, details } as const
    const limit = settings.sessionKeysPerSession
    const outcome = await core.stores.sessions.mintKey(user, session, found, { key, record }, limit, event)
    if (outcome === 'limit') throw new Problem('session_key_limit_reached')
    if (outcome !== 'minted') return 'contended'
    const undo = async (reason: string): Promise<boolean> =>
      await core.stores.sessions.revokeKey(user, session, key, {
        ...origin,
        action: 'session-key.revoked',
        subject: owner.record.name,
        details: { ...details, reason },
      })
    const verdict = await core.verifier.verify(secret.reveal()).catch(async (cause: unknown) => {
      await undo('it could not be read after it was written').catch(() => {})
      throw new Problem('outcome_unknown', { cause })
    })
    if (!verdict.active) {
      await undo('it did not verify after it was written')
      return 'contended'
    }
    return {
      ...sessionKeyView(owner.record.name, sessionId, found.record.absoluteEnd, { key, record }),
      secret,
    }
  })
}

/** The keys of a session, oldest first. @throws Problem session_not_found */
export async function listSessionKeys(core: Core, sessionId: string): Promise<readonly SessionKey[]> {
  const { user, session, owner, record } = await findSession(core, sessionId)
  const keys = await core.stores.sessions.keys(user, session)
  return keys
    .map((key) => sessionKeyView(owner.record.name, sessionId, record.absoluteEnd, key))
    .toSorted((left, right) => left.number - right.number)
}

/** @param id public id of the key. @throws Problem session_key_not_found, also for a key of another session */
export async function revokeSessionKey(
  core: Core,
  sessionId: string,
  id: string,
  origin: Origin,
): Promise<void> {
  if (!id.startsWith(sessionId)) throw new Problem('session_key_not_found')
  const { user, session, owner } = await findSession(core, sessionId)
  const event = {
    ...origin,
    action: 'session-key.revoked',
    subject: owner.record.name,
    details: { id },
  } as const
  const wasThere = await core.stores.sessions.revokeKey(user, session, id.slice(sessionId.length), event)
  if (!wasThere) throw new Problem('session_key_not_found')
}

function sessionKeyView(
  user: string,
  sessionId: string,
  expiresAtMs: number,
  { key, record }: StoredSessionKey,
): SessionKey {
  const { n: number, c: createdAtMs, t: description = '' } = record
  return { id: sessionId + key, number, user, description, createdAtMs, expiresAtMs }
}
