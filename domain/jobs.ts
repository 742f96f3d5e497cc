/**
 * Jobs over all API keys, in small steps: removing the records that a newer generation revoked, bringing expiries forward
 * to the policy, and revoking what matches a filter. Any instance continues a job where the last one was. Every step is
 * compare-and-set or compare-and-delete, so two workers, or a stale view, can harm nothing that lives.
 */
import type { Origin } from '../store/audit.ts'
import type { JobRecord } from '../store/jobs.ts'
import { shards } from '../store/names.ts'
import { liveApiKeysOf } from './api-keys.ts'
import { clampApiKeys } from './clamp.ts'
import type { Core } from './core.ts'
import { makeId } from './credential.ts'
import { Problem } from './errors.ts'
import { judgeApiKeys } from './liveness.ts'
import { revokeMatching } from './matching-revocation.ts'
import { newJob } from './new-job.ts'
import { readSite } from './site.ts'

/** How long ended jobs can be read. */
const keptMs = 7 * 86_400_000

/**
 * Works on one job until it has ended, another worker has it, or `isStopped`.
 * @throws Problem when Redis does not answer: the job stays, and is continued later
 */
export async function runJob(core: Core, id: string, isStopped: () => boolean = () => false): Promise<void> {
  const worker = makeId()
  if (!(await core.stores.jobs.take(id, worker))) return
  const filed = await core.stores.jobs.read(id)
  // A cursor is worth nothing to another Redis (after a restart or a failover it would skip keys), and why the last
  // worker ended is not known: its shard is walked anew.
  let job = filed === null ? null : { ...filed, cursor: '0' }
  while (job !== null && job.endedMs === null && !isStopped()) {
    const next: JobRecord =
      job.user === null ? await siteStep(core, job) : await userStep(core, job, job.user)
    if (!(await core.stores.jobs.save(next, worker))) return
    job = next
  }
  await core.stores.jobs.release(id, worker)
}

/**
 * Files the removal of a user's key records before they are ended all at once, so that it is not forgotten should this
 * instance die in between. A courtesy: that it could not be filed keeps nobody from revoking.
 */
export async function fileCleanUp(
  core: Core,
  user: string,
  total: number,
  origin: Origin,
): Promise<JobRecord> {
  const { nowMs } = await readSite(core)
  const job = newJob({ kind: 'remove-dead', user, total, origin }, nowMs)
  await core.stores.jobs.file(job, null).catch(() => {})
  return job
}

/**
 * Removes the records, after what ended the keys has been done. In place of the job that was filed before comes a new one:
 * another instance may have met that one before there was anything dead, and be about to end it. Whatever fails here is
 * made up for later; the keys are refused already.
 */
export async function cleanUp(core: Core, before: JobRecord): Promise<void> {
  try {
    const job = { ...before, id: makeId() }
    await core.stores.jobs.file(job, null)
    await core.stores.jobs.forget(before.id)
    await runJob(core, job.id)
  } catch {
    // See above.
  }
}

/** @throws Problem job_not_found */
export async function readJob(core: Core, id: string): Promise<JobRecord> {
  const job = await core.stores.jobs.read(id)
  if (job === null) throw new Problem('job_not_found')
  return job
}

/** What is being worked on, the newest first. */
export async function listOpenJobs(core: Core): Promise<readonly JobRecord[]> {
  const open = (await core.stores.jobs.list()).filter(({ endedMs }) => endedMs === null)
  return open.toSorted((left, right) => right.startedMs - left.startedMs)
}

/** Continues every open job and forgets those that ended long ago. */
export async function runOpenJobs(core: Core, isStopped: () => boolean): Promise<void> {
  const { nowMs } = await readSite(core)
  for (const job of await core.stores.jobs.list()) {
    if (isStopped()) return
    if (job.endedMs === null) await runJob(core, job.id, isStopped)
    else if (job.endedMs < nowMs - keptMs) await core.stores.jobs.forget(job.id)
  }
}

/** A user has few keys: one step, which removes what is dead as any list does. */
async function userStep(core: Core, job: JobRecord, user: string): Promise<JobRecord> {
  const live = await liveApiKeysOf(core, user)
  const { nowMs } = await readSite(core)
  const done = job.kind === 'revoke' ? await revokeMatching(core, { live }, job) : job.total
  return { ...job, examined: job.total, done, endedMs: nowMs }
}

/** What a step does with the keys that it met alive. @returns how many it was done to */
const work = { clamp: clampApiKeys, revoke: revokeMatching } as const

/** One page of one shard. */
async function siteStep(core: Core, job: JobRecord): Promise<JobRecord> {
  const shard = shards[job.shard]
  if (shard === undefined) return { ...job, endedMs: (await readSite(core)).nowMs }
  const { ids, next } = await core.stores.apiKeys.walk(shard, job.cursor)
  const judged = await judgeApiKeys(core, ids)
  const removed = await core.stores.apiKeys.removeDead(judged.dead)
  const done = job.kind === 'remove-dead' ? removed : await work[job.kind](core, judged, job)
  const progress = { ...job, examined: job.examined + ids.length, done: job.done + done }
  return next === '0' ? { ...progress, shard: job.shard + 1, cursor: '0' } : { ...progress, cursor: next }
}
