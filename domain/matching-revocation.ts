/**
 * Revoking all API keys that match a filter: a job, because there may be a hundred thousand, and each is revoked for itself
 * with its own audit event. Each is final on every instance as soon as it is counted; all are when the job has ended.
 */
import type { Origin } from '../store/audit.ts'
import type { JobRecord } from '../store/jobs.ts'
import { shards } from '../store/names.ts'
import { type ApiKeyFilter, askedBy, filterOfText, filterText, matchesFilter } from './api-key-filter.ts'
import { withLastUse } from './api-keys.ts'
import type { Core } from './core.ts'
import { Problem } from './errors.ts'
import type { JudgedApiKeys, LiveApiKey } from './liveness.ts'
import { newJob } from './new-job.ts'
import { readSite } from './site.ts'
import { findUser } from './users.ts'

/** Records that are revoked at the same time. */
const atOnce = 50

/**
 * Files the job. Keys that are made from now on are not concerned, even if they match.
 * @throws Problem user_not_found for the keys of a user that there is not; request_invalid for a filter that asks for nothing,
 * such as `neverUsed: false`: that would be all on the site, which takes the site's name
 */
export async function startMatchingRevocation(
  core: Core,
  filter: ApiKeyFilter,
  origin: Origin,
): Promise<JobRecord> {
  if (askedBy(filter).length === 0)
    throw new Problem('request_invalid', { detail: 'The filter asks for nothing: every key would match.' })
  const { site, nowMs } = await readSite(core)
  const user = filter.user === null ? null : (await findUser(core, filter.user)).record
  const text = filterText({ ...filter, createdToMs: Math.min(filter.createdToMs, nowMs) })
  const { apiKeys } = core.stores
  const total = user === null ? await apiKeys.countListed(shards) : (await apiKeys.idsOfUser(user.id)).length
  const job = newJob({ kind: 'revoke', user: user?.id ?? null, filter: text, total, origin }, nowMs)
  const details = { scope: 'matching', filter: JSON.parse(text), job: job.id }
  const subject = user?.name ?? site.record.settings.siteName
  await core.stores.jobs.file(job, { ...origin, action: 'api-keys.revoked', subject, details })
  return job
}

/** One step of the job. @returns how many keys were revoked */
export async function revokeMatching(
  core: Core,
  { live }: Pick<JudgedApiKeys, 'live'>,
  job: JobRecord,
): Promise<number> {
  // An order that does not say which is an order for none.
  if (job.filter === null) return 0
  // The keys of one user are named by the user's id: the name may lead to another user by now.
  const filter = { ...filterOfText(job.filter), user: null }
  const views = await withLastUse(core, live)
  const matching = live.filter((_, index) => {
    const view = views[index]
    return view !== undefined && matchesFilter(view, filter)
  })
  let revoked = 0
  for (let start = 0; start < matching.length; start += atOnce) {
    const outcomes = matching.slice(start, start + atOnce).map((key) => revokeOne(core, key, job))
    revoked += (await Promise.all(outcomes)).filter(Boolean).length
  }
  return revoked
}

async function revokeOne(core: Core, { id, record, owner }: LiveApiKey, job: JobRecord): Promise<boolean> {
  const event = {
    ...job.origin,
    action: 'api-key.revoked',
    subject: owner.name,
    details: { id, number: record.n, job: job.id },
  } as const
  return await core.stores.apiKeys.revoke(owner.id, id.slice(owner.id.length), event)
}
