/**
 * Deletion of a user, and with the user of all their keys and sessions: final on every instance once answered, because every
 * verification reads the user's record. Its steps touch different slots; after a crash between any two nothing is wrong:
 *   1. the job that removes the key records is filed;
 *   2. one script deletes the record, the list entry, sign-in and sessions, marks the id as deleted and audits it;
 *   3. the name is unbound, if it still leads to this id; until then, and if that never happens, `ensureUser` finds the
 *      mark and does it;
 *   4. the job runs, here or on any instance later.
 */
import type { Origin } from '../store/audit.ts'
import { liveApiKeysOf } from './api-keys.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { Problem } from './errors.ts'
import { cleanUp, fileCleanUp } from './jobs.ts'
import { findUser, foldUserName } from './users.ts'

/** A later user of the same name is a new user. @throws Problem user_not_found, record_contended */
export async function removeUser(core: Core, name: string, origin: Origin): Promise<void> {
  const { users } = core.stores
  const foldedName = foldUserName(name)
  const { id } = (await findUser(core, name)).record
  const { length: total } = await liveApiKeysOf(core, id)
  const job = await fileCleanUp(core, id, total, origin)
  await untilSettled(async () => {
    // By id: the name may lead to a new user by now, who is not the one to delete.
    const before = await users.read(id)
    if (before === null) throw new Problem('user_not_found')
    const subject = before.record.name
    const event = {
      ...origin,
      action: 'user.deleted',
      subject,
      details: { id, listed: total },
    } as const
    return (await users.delete(before, foldedName, event)) ? 'deleted' : 'contended'
  })
  // The deletion stands already; what fails from here on is made up for later.
  await users.releaseName(foldedName, id).catch(() => {})
  await cleanUp(core, job)
}
