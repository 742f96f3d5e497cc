/**
 * Sign-in with a password: the same answer, after the same work, for a wrong password, an unknown user, a disabled one and
 * one without a password (threat 10).
 */
import type { Origin } from '../store/audit.ts'
import type { Stored, UserRecord } from '../store/records.ts'
import type { SessionCaller, UserIdentity } from './caller.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { Problem } from './errors.ts'
import { digestPassword, passwordMatches } from './passwords.ts'
import { endSessionsOf, type OpenedSession, openSession } from './sessions.ts'
import { readSite } from './site.ts'
import { forgetTries, giveBackTry, type Try, takeTry } from './tries.ts'
import { findUser, foldUserName } from './users.ts'

export interface SignIn {
  readonly userName: string
  readonly password: string
  readonly address: string
}

/** @throws Problem sign_in_refused, too_many_tries, sign_in_busy, user_name_invalid */
export async function signIn(core: Core, { userName, password, address }: SignIn): Promise<OpenedSession> {
  const attempt = { account: foldUserName(userName), address }
  await readSite(core)
  await takeTry(core, attempt)
  const user = await userOrNull(core, userName)
  const digest = user === null ? null : (await core.stores.signIn.read(user.record.id)).password
  const isRight = await passwordIsRight(core, attempt, password, digest)
  if (user === null || digest === null || !isRight || user.record.disabled) {
    await recordRefusal(core, user?.record ?? null, address)
    throw new Problem('sign_in_refused')
  }
  await forgetTries(core, attempt)
  const proof = { methods: ['pwd'], passwordDigest: digest }
  return await openSessionAfter(core, userName, proof, address).catch(async (error: unknown) => {
    const { code } = error instanceof Problem ? error : { code: null }
    if (code !== 'sign_in_refused' && code !== 'user_not_found') throw error
    // Disabled or deleted just now, or the password is another.
    await recordRefusal(core, user.record, address)
    throw new Problem('sign_in_refused')
  })
}

export interface Proof {
  /** As in RFC 8176. */
  readonly methods: readonly string[]
  /** Of the password that was found right; it must still be the user's. */
  readonly passwordDigest?: string
}

/** A session for a user who has just proven who they are. @throws Problem sign_in_refused */
export async function openSessionAfter(
  core: Core,
  userName: string,
  { methods, ...proof }: Proof,
  address: string,
): Promise<OpenedSession> {
  return await untilSettled(async () => {
    const { site, nowMs } = await readSite(core)
    const owner = await findUser(core, userName)
    if (owner.record.disabled) throw new Problem('sign_in_refused')
    const { id, name } = owner.record
    const origin: Origin = { actor: { kind: 'user', name, id }, address }
    const authenticated = { methods, at: new Date(nowMs).toISOString() }
    const how = { origin, site: site.record, nowMs, service: null }
    return await openSession(core, owner, { context: { authenticated }, ...proof, hasCookie: true }, how)
  })
}

/**
 * Changes the user's own password, ends their other sessions, and takes back an open invitation, which would set another.
 * @throws Problem impersonating; sign_in_refused when the present password is wrong; too_many_tries, record_contended
 */
export async function changePassword(
  core: Core,
  caller: SessionCaller,
  { present, next }: { readonly present: string; readonly next: string },
  origin: Origin,
): Promise<void> {
  if (caller.impersonator !== null) throw new Problem('impersonating')
  const { user } = caller
  const attempt = { account: foldUserName(user.name), address: origin.address }
  await takeTry(core, attempt)
  const before = await core.stores.signIn.read(user.id)
  if (!(await passwordIsRight(core, attempt, present, before.password))) {
    await recordRefusal(core, user, origin.address)
    throw new Problem('sign_in_refused')
  }
  await forgetTries(core, attempt)
  const password = await digestPassword(next)
  const event = { ...origin, action: 'password.changed', subject: user.name } as const
  const compare = { field: 'password', text: before.password } as const
  if (!(await core.stores.signIn.change(user.id, compare, { password, invitation: null }, event)))
    throw new Problem('record_contended')
  await endSessionsOf(core, user, origin, caller.session.id)
}

/** @throws Problem sign_in_busy: nobody looked at the password, so it was no try */
async function passwordIsRight(
  core: Core,
  attempt: Try,
  password: string,
  digest: string | null,
): Promise<boolean> {
  return await passwordMatches(password, digest).catch(async (error: unknown) => {
    await giveBackTry(core, attempt)
    throw error
  })
}

async function userOrNull(core: Core, userName: string): Promise<Stored<UserRecord> | null> {
  return await findUser(core, userName).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'user_not_found') return null
    throw error
  })
}

/** What was typed as an unknown user's name may be a password: it is not kept. */
async function recordRefusal(core: Core, user: UserIdentity | null, address: string): Promise<void> {
  const actor = { kind: 'user', name: user?.name ?? '', id: user?.id ?? '' } as const
  const event = { actor, address, action: 'sign-in.refused', subject: user?.name ?? '' } as const
  await core.stores.signIn.recordEvent(user?.id ?? null, event)
}
