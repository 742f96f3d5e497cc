/**
 * Revocation of API keys: one, some, all of a user, all on the site. Each is final on every instance once answered,
 * because every verification reads the record and both generations anew.
 */
import type { Origin } from '../store/audit.ts'
import type { JobRecord } from '../store/jobs.ts'
import { shards } from '../store/names.ts'
import { findApiKey, findOwnApiKey, liveApiKeysOf } from './api-keys.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { makeId } from './credential.ts'
import { Problem } from './errors.ts'
import { cleanUp, fileCleanUp } from './jobs.ts'
import { newJob } from './new-job.ts'
import { readSite } from './site.ts'
import { findUser } from './users.ts'

/** @throws Problem api_key_not_found, also for a key of somebody else */
export async function revokeOwnApiKey(core: Core, owner: string, id: string, origin: Origin): Promise<void> {
  await findOwnApiKey(core, owner, id)
  await revokeApiKey(core, id, origin)
}

/** @throws Problem api_key_not_found */
export async function revokeApiKey(core: Core, id: string, origin: Origin): Promise<void> {
  const { user, key, before } = await findApiKey(core, id)
  const details = { id, number: before.record.n }
  const event = { ...origin, action: 'api-key.revoked', subject: user.name, details } as const
  if (!(await core.stores.apiKeys.revoke(user.id, key, event))) throw new Problem('api_key_not_found')
}

/** @returns how many were revoked; ids that are not there (any more) do not count */
export async function revokeApiKeys(core: Core, ids: readonly string[], origin: Origin): Promise<number> {
  const outcomes = await Promise.all(
    [...new Set(ids)].map(async (id) => {
      try {
        await revokeApiKey(core, id, origin)
        return true
      } catch (error) {
        if (error instanceof Problem && error.code === 'api_key_not_found') return false
        throw error
      }
    }),
  )
  return outcomes.filter(Boolean).length
}

/**
 * A fresh key generation on the user's record: one write, whatever the number of keys. The records go right afterwards;
 * should this instance die in between, another one continues.
 * @returns how many live keys that ended
 * @throws Problem user_not_found, record_contended
 */
export async function revokeApiKeysOfUser(core: Core, userName: string, origin: Origin): Promise<number> {
  const { record: user } = await findUser(core, userName)
  const live = await liveApiKeysOf(core, user.id)
  const job = await fileCleanUp(core, user.id, live.length, origin)
  await untilSettled(async () => {
    const before = await findUser(core, userName)
    const details = { scope: 'user', listed: live.length }
    const event = { ...origin, action: 'api-keys.revoked', subject: user.name, details } as const
    const after = { ...before.record, generation: makeId() }
    return (await core.stores.users.replace(before, after, event)) ? 'revoked' : 'contended'
  })
  await cleanUp(core, job)
  return live.length
}

/**
 * A fresh key generation on the site record, filed together with the job that removes the records.
 * @param siteName typed by the caller, as a confirmation
 * @throws Problem site_name_mismatch, record_contended
 */
export async function revokeAllApiKeys(core: Core, siteName: string, origin: Origin): Promise<JobRecord> {
  return await untilSettled(async () => {
    const { site: before, nowMs } = await readSite(core)
    if (before.record.settings.siteName !== siteName) throw new Problem('site_name_mismatch')
    const total = await core.stores.apiKeys.countListed(shards)
    const job = newJob({ kind: 'remove-dead', user: null, total, origin }, nowMs)
    const details = { scope: 'site', listed: job.total, job: job.id }
    const event = { ...origin, action: 'api-keys.revoked', subject: siteName, details } as const
    const after = { ...before.record, generation: makeId() }
    return (await core.stores.site.revokeAllApiKeys(before, after, job, event)) ? job : 'contended'
  })
}
