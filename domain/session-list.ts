/**
 * Sessions as they are shown: the view of one, and the lists of a user's.
 */
import type { SessionRecord, UserRecord } from '../store/records.ts'
import type { StoredSession } from '../store/sessions.ts'
import type { SessionCaller } from './caller.ts'
import { type Context, effectiveIdentity } from './context.ts'
import type { Core } from './core.ts'
import { Problem } from './errors.ts'
import { findUser } from './users.ts'

/** A session as its owner, administrators and services see it. */
export interface Session {
  /** Public id: user + session. */
  readonly id: string
  /** Name of its own user. */
  readonly user: string
  readonly createdAtMs: number
  /** By idling, if it is not used before; at most the absolute end. */
  readonly expiresAtMs: number
  readonly absoluteEndMs: number
  readonly lastUsedAtMs: number
  readonly context: Context
  readonly address: string
  /** The service that opened it; null: a sign-in. */
  readonly service: string | null
}

/** Live sessions of a user, newest first. @throws Problem user_not_found */
export async function listSessionsOf(core: Core, userName: string): Promise<readonly Session[]> {
  const { record: owner } = await findUser(core, userName)
  return await listOwnSessions(core, owner)
}

export async function listOwnSessions(core: Core, owner: UserRecord): Promise<readonly Session[]> {
  const ids = await core.stores.sessions.idsOfUser(owner.id)
  const sessions = await Promise.all(
    ids.map(async (session) => {
      const found = await core.stores.sessions.read(owner.id, session)
      if (found === null) return null
      return sessionView(owner, owner.id + session, found, await targetOf(core, found.record))
    }),
  )
  return sessions
    .filter((session) => session !== null)
    .toSorted((left, right) => right.createdAtMs - left.createdAtMs || (left.id < right.id ? -1 : 1))
}

/** The caller's own sessions, whoever is impersonated. @throws Problem session_not_found */
export async function listMySessions(core: Core, caller: SessionCaller): Promise<readonly Session[]> {
  return await listOwnSessions(core, await ownerOf(core, caller))
}

/** @throws Problem session_not_found */
export async function ownerOf(core: Core, { session }: SessionCaller): Promise<UserRecord> {
  const owner = await core.stores.users.read(session.user)
  if (owner === null) throw new Problem('session_not_found')
  return owner.record
}

/** The record of the user that a session impersonates, if it does. */
export async function targetOf(core: Core, { context }: SessionRecord): Promise<UserRecord | null> {
  const id = context.impersonating?.user
  return id === undefined ? null : ((await core.stores.users.read(id))?.record ?? null)
}

export function sessionView(
  owner: UserRecord,
  id: string,
  { record, touchedMs }: StoredSession,
  target: UserRecord | null,
): Session {
  const { created, absoluteEnd, idle, context, address, service = null } = record
  const identity = effectiveIdentity(owner, context, target)
  const shown: Context = identity?.context ?? { ...context, roles: [], groups: [] }
  return {
    id,
    user: owner.name,
    createdAtMs: created,
    expiresAtMs: Math.min(absoluteEnd, touchedMs + idle),
    absoluteEndMs: absoluteEnd,
    lastUsedAtMs: touchedMs,
    context: shown,
    address,
    service,
  }
}
