/**
 * Invitations: one-time links by which a user sets a password, 24 hours long, claimed by exactly one. Only a digest is
 * stored; a newer invitation replaces the older.
 */
import type { Origin } from '../store/audit.ts'
import type { UserRecord } from '../store/records.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { makeCredential, parseCredential } from './credential.ts'
import { Problem } from './errors.ts'
import { digestPassword } from './passwords.ts'
import { digestMatches, digestOf } from './pepper.ts'
import type { Secret } from './secret.ts'
import { endSessionsOf, type OpenedSession } from './sessions.ts'
import { openSessionAfter } from './sign-in.ts'
import { readSite } from './site.ts'
import { changeUser, ensureUser, type UserChange } from './users.ts'

const lifetimeMs = 24 * 3_600_000

/** As it lies in the field `invitation` of a user's sign-in record. */
interface InvitationRecord {
  readonly digest: string
  readonly pepper: number
  readonly expires: number
}

export interface Invitation {
  /** Goes into the link. */
  readonly secret: Secret
  readonly expiresAtMs: number
}

/** Path of the page that claims an invitation; the secret follows as its last part. */
export const invitationPath = '/invitation/'

/** Invites a user who exists, to set a first password or a new one. @throws Problem record_contended */
export async function invite(core: Core, user: UserRecord, origin: Origin): Promise<Invitation> {
  return await untilSettled(async () => {
    const { nowMs } = await readSite(core)
    const { secret } = makeCredential('invitation', core.gate.id(), { user: user.id })
    const { newest } = core.peppers
    const expires = nowMs + lifetimeMs
    const record: InvitationRecord = { digest: digestOf(newest, secret), pepper: newest.number, expires }
    const before = await core.stores.signIn.read(user.id)
    const compare = { field: 'invitation', text: before.invitation } as const
    const event = {
      ...origin,
      action: 'user.invited',
      subject: user.name,
      details: { expiresAtMs: expires },
    } as const
    const isDone = await core.stores.signIn.change(
      user.id,
      compare,
      { invitation: JSON.stringify(record) },
      event,
    )
    return isDone ? { secret, expiresAtMs: expires } : 'contended'
  })
}

export interface InvitedUser extends Invitation {
  readonly user: string
}

/**
 * Creates the user when unknown and invites them.
 * @throws Problem user_name_invalid, owner_disabled, record_contended
 */
export async function inviteUser(
  core: Core,
  { user: name, roles, groups }: { readonly user: string } & Pick<UserChange, 'roles' | 'groups'>,
  origin: Origin,
): Promise<InvitedUser> {
  const { nowMs } = await readSite(core)
  const { record } = await ensureUser(core, name, nowMs, origin)
  if (record.disabled) throw new Problem('owner_disabled')
  const change = { ...(roles === undefined ? {} : { roles }), ...(groups === undefined ? {} : { groups }) }
  const user = Object.keys(change).length === 0 ? record : await changeUser(core, record.name, change, origin)
  return { user: user.name, ...(await invite(core, user, origin)) }
}

export interface OpenInvitation {
  readonly user: UserRecord
  /** The record's text, for the compare-and-set of the claim. */
  readonly text: string
}

/** The user whom an invitation is for. @throws Problem invitation_invalid */
export async function readInvitation(core: Core, presented: string): Promise<OpenInvitation> {
  const { nowMs } = await readSite(core)
  const credential = parseCredential(presented, core.gate.id())
  if (typeof credential === 'string' || credential.kind !== 'invitation')
    throw new Problem('invitation_invalid')
  const [owner, { invitation: text }] = await Promise.all([
    core.stores.users.read(credential.user),
    core.stores.signIn.read(credential.user),
  ])
  const record: InvitationRecord | null = text === null ? null : JSON.parse(text)
  const pepper = record === null ? core.peppers.newest : core.peppers.byNumber(record.pepper)
  const isGenuine = digestMatches(pepper, credential.secret, record?.digest ?? null)
  if (!isGenuine || record === null || record.expires <= nowMs || text === null)
    throw new Problem('invitation_invalid')
  if (owner === null || owner.record.disabled) throw new Problem('invitation_invalid')
  return { user: owner.record, text }
}

/** Sets the password, once, ends the sessions there were, and signs in. @throws Problem invitation_invalid */
export async function claimInvitation(
  core: Core,
  presented: string,
  password: string,
  address: string,
): Promise<OpenedSession> {
  const { user, text } = await readInvitation(core, presented)
  const digest = await digestPassword(password)
  const origin: Origin = { actor: { kind: 'user', name: user.name, id: user.id }, address }
  const event = { ...origin, action: 'invitation.claimed', subject: user.name } as const
  const change = { password: digest, invitation: null }
  const isClaimed = await core.stores.signIn.change(user.id, { field: 'invitation', text }, change, event)
  if (!isClaimed) throw new Problem('invitation_invalid')
  await endSessionsOf(core, user, origin)
  return await openSessionAfter(core, user.name, { methods: ['pwd'], passwordDigest: digest }, address)
}
