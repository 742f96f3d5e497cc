/**
 * Users: names and their folding, creation on first need, changes by administrators.
 */
import { createHash } from 'node:crypto'
import type { Origin } from '../store/audit.ts'
import type { Stored, UserRecord } from '../store/records.ts'
import { defaultRole, isAdministrator, type SessionCaller } from './caller.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { makeId } from './credential.ts'
import { Problem } from './errors.ts'

export interface UserChange {
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
  readonly disabled?: boolean
}

export const userNameMaxLength = 128

/**
 * The form under which a name is found: NFKC (Unicode Standard Annex #15) and case-folded, so that `Ada@Example.org`
 * and `ada@example.org` are one user.
 * @throws Problem user_name_invalid
 */
export function foldUserName(name: string): string {
  const folded = fold(name)
  if (name === '' || name.trim() !== name || folded.trim() !== folded) throw new Problem('user_name_invalid')
  return folded
}

/**
 * The beginning of a name, folded the same way. It may be empty, and may end with a space inside the name.
 * @throws Problem user_name_invalid
 */
export function foldUserNameBeginning(beginning: string): string {
  const folded = fold(beginning)
  if (folded.trimStart() !== folded) throw new Problem('user_name_invalid')
  return folded
}

/** Control and invisible characters (with them two names look like one), private and unassigned ones. */
const refusedCharacter = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/u

/**
 * Unicode's full case folding, which JavaScript lacks. Lower case first, or the capital sharp s would stay apart from the
 * small one; character by character, or a sigma that ends a beginning would be another than inside the name. The dotless ı
 * stays: in upper case it is the I of somebody else's name.
 * @throws Problem user_name_invalid, for characters that names do not have or too many of them
 */
function fold(text: string): string {
  if (isTooLong(text) || !text.isWellFormed() || refusedCharacter.test(text))
    throw new Problem('user_name_invalid')
  const foldCase = (character: string): string => character.toLowerCase().toUpperCase().toLowerCase()
  const folded = text.normalize('NFKC').replace(/[^ı]/gu, foldCase).normalize('NFKC')
  if (isTooLong(folded)) throw new Problem('user_name_invalid')
  return folded
}

/** In characters, not UTF-16 units: as the schemas count. Nothing long is counted (threat 18). */
function isTooLong(text: string): boolean {
  return text.length > 2 * userNameMaxLength || [...text].length > userNameMaxLength
}

/** @throws Problem user_not_found */
export async function findUser(core: Core, name: string): Promise<Stored<UserRecord>> {
  const id = await core.stores.users.findId(foldUserName(name))
  const user = id === null ? null : await core.stores.users.read(id)
  if (user === null) throw new Problem('user_not_found')
  return user
}

/**
 * The user of this name, created with the role `user` when there is none. The name is claimed first and leads to one id,
 * so that ten at once make one user, and a crash in between is mended by the next call. An id that belonged to a deleted
 * user is not taken up: the name is freed of it, and the user is a new one.
 * @throws Problem user_name_invalid, record_contended
 */
export async function ensureUser(
  core: Core,
  name: string,
  nowMs: number,
  origin: Origin,
): Promise<Stored<UserRecord>> {
  const { users } = core.stores
  const foldedName = foldUserName(name)
  return await untilSettled(async () => {
    const id = (await users.findId(foldedName)) ?? (await users.claimId(foldedName, makeId()))
    const existing = await users.read(id)
    if (existing !== null) return existing
    const record: UserRecord = {
      v: 1,
      id,
      name,
      roles: [defaultRole],
      groups: [],
      generation: makeId(),
      created: nowMs,
    }
    const event = { ...origin, action: 'user.created', subject: name } as const
    if ((await users.create(record, foldedName, event)) === 'deleted') await users.releaseName(foldedName, id)
    return (await users.read(id)) ?? 'contended'
  })
}

/** Whether both lead to the same user. @throws Problem user_name_invalid */
export function isSameUserName(name: string, other: string): boolean {
  return foldUserName(name) === foldUserName(other)
}

/**
 * @param ifUnchanged what `userTagOf` said of the record when it was read, for whoever writes whole lists back and must
 * lose nobody else's change; null: whatever it is by now
 * @throws Problem user_not_found, user_changed, record_contended
 */
export async function changeUser(
  core: Core,
  name: string,
  change: UserChange,
  origin: Origin,
  ifUnchanged: string | null = null,
): Promise<UserRecord> {
  return await untilSettled(async () => {
    const before = await findUser(core, name)
    if (ifUnchanged !== null && ifUnchanged !== userTagOf(before.record)) throw new Problem('user_changed')
    const { disabled, ...lists } = change
    const { disabled: wasDisabled, ...rest } = before.record
    const isDisabled = disabled ?? wasDisabled === true
    const after: UserRecord = { ...rest, ...lists, ...(isDisabled ? { disabled: true } : {}) }
    const event = {
      ...origin,
      action: 'user.changed',
      subject: before.record.name,
      details: { ...change },
    } as const
    return (await core.stores.users.replace(before, after, event)) ? after : 'contended'
  })
}

/** Names a state of a user's lists: another after every change of them, and for a later user of the same name. */
export function userTagOf({ id, roles, groups }: Pick<UserRecord, 'id' | 'roles' | 'groups'>): string {
  return createHash('sha256')
    .update(JSON.stringify([id, roles, groups]))
    .digest('base64url')
    .slice(0, 22)
}

/** Whether a user is who makes the request: while impersonating, both are. */
export function isOwnAccount({ user, session }: SessionCaller, { id }: Pick<UserRecord, 'id'>): boolean {
  return id === user.id || id === session.user
}

/**
 * Administrators do not lock themselves out by a slip: disabling or deleting one takes another one.
 * @throws Problem own_account
 */
export function checkIsSomebodyElse(caller: SessionCaller, user: Pick<UserRecord, 'id'>): void {
  if (isOwnAccount(caller, user)) throw new Problem('own_account')
}

/** The same for what takes the role of administrators away. @throws Problem own_account */
export function checkStaysAdministrator(
  caller: SessionCaller,
  user: Pick<UserRecord, 'id'>,
  roles: readonly string[],
): void {
  if (!isAdministrator({ roles })) checkIsSomebodyElse(caller, user)
}
