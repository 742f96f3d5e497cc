/**
 * Sessions: opened by a sign-in or by a host application, touched, changed, ended. A session and its keys are one
 * hash in Redis: what ends the one ends the others in the same instant.
 */
import type { AuditEvent, Origin } from '../store/audit.ts'
import type { SessionContext, SessionRecord, SiteRecord, Stored, UserRecord } from '../store/records.ts'
import type { StoredSession } from '../store/sessions.ts'
import {
  type Caller,
  hasPermission,
  isAdministrator,
  type SessionCaller,
  type SessionInHand,
} from './caller.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { idLength, makeCredential, makeId } from './credential.ts'
import { Problem } from './errors.ts'
import { digestOf } from './pepper.ts'
import type { Secret } from './secret.ts'
import { ownerOf, type Session, sessionView, targetOf } from './session-list.ts'
import { readSite } from './site.ts'
import { ensureUser, findUser } from './users.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

export interface OpenedSession extends Session {
  /** The cookie's value; null: opened by a service. */
  readonly cookie: Secret | null
}

/** What a host application may say of a session it opens or changes. */
export type ContextChange = Partial<Omit<SessionContext, 'impersonating'>>

export interface SessionOrder {
  readonly context: ContextChange
  /** Left out: as the settings say. */
  readonly idleMinutes?: number
  readonly absoluteHours?: number
  readonly hasCookie: boolean
  /** Of the password that was found right: the session opens only while it is the user's. Left out: it was none. */
  readonly passwordDigest?: string
}

/**
 * Opens a session for a user whose identity is proven.
 * @returns 'contended' when the user's record changed meanwhile
 * @throws Problem sign_in_refused when the password did
 */
export async function openSession(
  core: Core,
  owner: Stored<UserRecord>,
  order: SessionOrder,
  {
    origin,
    site,
    nowMs,
    service,
  }: { origin: Origin; site: SiteRecord; nowMs: number; service: string | null },
): Promise<OpenedSession | 'contended'> {
  const session = makeId()
  const { user, id, secret } = makeCredential('session', site.id, { user: owner.record.id, session })
  const { sessionIdleMinutes, sessionAbsoluteHours } = site.settings
  const record: SessionRecord = {
    v: 1,
    ...(order.hasCookie
      ? { digest: digestOf(core.peppers.newest, secret), pepper: core.peppers.newest.number }
      : {}),
    created: nowMs,
    absoluteEnd: nowMs + (order.absoluteHours ?? sessionAbsoluteHours) * hourMs,
    idle: (order.idleMinutes ?? sessionIdleMinutes) * minuteMs,
    context: {
      termsOfUse: [],
      phiLevel: 'not-phi',
      authenticated: { methods: [], at: new Date(nowMs).toISOString() },
      ...order.context,
    },
    address: origin.address,
    ...(service === null ? {} : { service }),
  }
  const event = { ...origin, action: 'session.opened', subject: owner.record.name, details: { id } } as const
  const { passwordDigest = null } = order
  const outcome = await core.stores.sessions.open(owner, session, record, passwordDigest, event)
  if (outcome === 'password-changed') throw new Problem('sign_in_refused')
  if (outcome !== 'opened') return 'contended'
  const view = sessionView(owner.record, user + session, { text: '', record, touchedMs: nowMs }, null)
  return { ...view, cookie: order.hasCookie ? secret : null }
}

/**
 * A host application opens a session for a user it has signed in; the user is created when unknown.
 * @throws Problem permission_missing for an administrator without `admin`, owner_disabled
 */
export async function openSessionFor(
  core: Core,
  caller: Caller,
  userName: string,
  order: Omit<SessionOrder, 'hasCookie' | 'passwordDigest'>,
  origin: Origin,
): Promise<OpenedSession> {
  return await untilSettled(async () => {
    const { site, nowMs } = await readSite(core)
    const owner = await ensureUser(core, userName, nowMs, origin)
    checkMayActFor(caller, owner.record)
    if (owner.record.disabled) throw new Problem('owner_disabled')
    const how = { origin, site: site.record, nowMs, service: caller.kind === 'service' ? caller.id : null }
    return await openSession(core, owner, { ...order, hasCookie: false }, how)
  })
}

/** Acting for an administrator needs the permission `admin` (threat 49). @throws Problem permission_missing */
export function checkMayActFor(caller: Caller, owner: UserRecord): void {
  if (isAdministrator(owner) && !hasPermission(caller, 'admin')) {
    throw new Problem('permission_missing', {
      detail: 'Acting for an administrator needs the permission "admin".',
    })
  }
}

export interface FoundSession extends StoredSession {
  readonly user: string
  readonly session: string
  readonly owner: Stored<UserRecord>
}

/** @param id public id. @throws Problem session_not_found */
export async function findSession(core: Core, id: string): Promise<FoundSession> {
  const user = id.slice(0, idLength)
  const session = id.slice(idLength)
  const [found, owner] = await Promise.all([
    core.stores.sessions.read(user, session),
    core.stores.users.read(user),
  ])
  if (found === null || owner === null) throw new Problem('session_not_found')
  return { ...found, user, session, owner }
}

/** @throws Problem session_not_found */
export async function readSession(core: Core, id: string): Promise<Session> {
  const found = await findSession(core, id)
  return sessionView(found.owner.record, id, found, await targetOf(core, found.record))
}

/** Extends the idle timeout as a use would. @throws Problem session_not_found */
export async function touchSession(core: Core, id: string): Promise<Session> {
  const { user, session, record } = await findSession(core, id)
  if (!(await core.stores.sessions.touch(user, session, record))) throw new Problem('session_not_found')
  return await readSession(core, id)
}

/** Use of the cookie extends the session; written at most once a minute, or four times in an idle timeout. */
export async function touchWhenDue(core: Core, session: SessionInHand, nowMs: number): Promise<void> {
  if (nowMs - session.touchedMs < Math.min(minuteMs, session.record.idle / 4)) return
  await core.stores.sessions.touch(session.user, session.id, session.record)
}

/** Changes the context; shows in the very next verification. @throws Problem session_not_found, permission_missing */
export async function changeContext(
  core: Core,
  caller: Caller,
  id: string,
  change: ContextChange,
  origin: Origin,
): Promise<Session> {
  await untilSettled(async () => {
    const before = await findSession(core, id)
    checkMayActFor(caller, before.owner.record)
    const after = { ...before.record, context: { ...before.record.context, ...change } }
    const event = sessionEvent(origin, 'session.changed', before.owner.record.name, { id, ...change })
    const isDone = await core.stores.sessions.replace(before.user, before.session, before, after, event)
    return isDone ? 'changed' : 'contended'
  })
  return await readSession(core, id)
}

/** Ends one session and its keys. @throws Problem session_not_found */
export async function endSession(core: Core, id: string, origin: Origin): Promise<void> {
  const { user, session, owner } = await findSession(core, id)
  const event = sessionEvent(origin, 'session.ended', owner.record.name, { id })
  if ((await core.stores.sessions.end(user, [session], event)) === 0) throw new Problem('session_not_found')
}

/** Ends all sessions of a user that were open when it began. @param except one that stays. @returns how many */
export async function endSessionsOf(
  core: Core,
  user: Pick<UserRecord, 'id' | 'name'>,
  origin: Origin,
  except: string | null = null,
): Promise<number> {
  const sessions = (await core.stores.sessions.idsOfUser(user.id)).filter((session) => session !== except)
  const event = sessionEvent(origin, 'session.ended', user.name, {
    all: true,
    kept: except === null ? [] : [user.id + except],
  })
  return await core.stores.sessions.end(user.id, sessions, event)
}

/** Signs the caller out everywhere. @returns how many sessions ended. @throws Problem session_not_found */
export async function endMySessions(core: Core, caller: SessionCaller, origin: Origin): Promise<number> {
  return await endSessionsOf(core, await ownerOf(core, caller), origin)
}

/** @throws Problem user_not_found */
export async function endSessionsOfUser(core: Core, userName: string, origin: Origin): Promise<number> {
  return await endSessionsOf(core, (await findUser(core, userName)).record, origin)
}

function sessionEvent(
  origin: Origin,
  action: AuditEvent['action'],
  subject: string,
  details: Readonly<Record<string, unknown>>,
): AuditEvent {
  return { ...origin, action, subject, details }
}
