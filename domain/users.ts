/**
 * Users: names and their folding, creation on first need, changes by administrators.
 */
import type { Origin } from '../store/audit.ts'
import type { Stored, UserRecord } from '../store/records.ts'
import { defaultRole } from './caller.ts'
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
  const isWellFormed = name.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/u.test(name)
  const folded = name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
  const length = Math.max(name.length, folded.length)
  if (
    !isWellFormed ||
    name === '' ||
    length > userNameMaxLength ||
    name.trim() !== name ||
    folded.trim() !== folded
  ) {
    throw new Problem('user_name_invalid')
  }
  return folded
}

/** @throws Problem user_not_found */
export async function findUser(core: Core, name: string): Promise<Stored<UserRecord>> {
  const id = await core.stores.users.findId(foldUserName(name))
  const user = id === null ? null : await core.stores.users.read(id)
  if (user === null) throw new Problem('user_not_found')
  return user
}

/**
 * The user of this name, created with the role `user` when there is none. The name is claimed first and leads to one id
 * for ever, so that ten at once make one user, and a crash in between is mended by the next call.
 */
export async function ensureUser(
  core: Core,
  name: string,
  nowMs: number,
  origin: Origin,
): Promise<Stored<UserRecord>> {
  const foldedName = foldUserName(name)
  const id =
    (await core.stores.users.findId(foldedName)) ?? (await core.stores.users.claimId(foldedName, makeId()))
  const existing = await core.stores.users.read(id)
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
  await core.stores.users.create(record, foldedName, { ...origin, action: 'user.created', subject: name })
  const created = await core.stores.users.read(id)
  if (created === null) throw new Problem('record_contended')
  return created
}

/** @throws Problem user_not_found, record_contended */
export async function changeUser(
  core: Core,
  name: string,
  change: UserChange,
  origin: Origin,
): Promise<UserRecord> {
  return await untilSettled(async () => {
    const before = await findUser(core, name)
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
