/**
 * Clean-up after a revocation by generation: removes the records of dead API keys, in small steps. Any instance
 * continues a job where the last one was; the revocation itself never waits for it.
 * Every step is compare-and-delete, so two workers, or a stale view, can delete nothing that lives.
 */
import type { JobRecord } from '../store/jobs.ts'
import { shards } from '../store/names.ts'
import { liveApiKeysOf } from './api-keys.ts'
import type { Core } from './core.ts'
import { makeId } from './credential.ts'
import { Problem } from './errors.ts'
import { judgeApiKeys } from './liveness.ts'
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
  let job = await core.stores.jobs.read(id)
  while (job !== null && job.endedMs === null && !isStopped()) {
    const next: JobRecord = job.user === null ? await siteStep(core, job) : await userStep(core, job)
    if (!(await core.stores.jobs.save(next, worker))) return
    job = next
  }
  await core.stores.jobs.release(id, worker)
}

/** @throws Problem job_not_found */
export async function readJob(core: Core, id: string): Promise<JobRecord> {
  const job = await core.stores.jobs.read(id)
  if (job === null) throw new Problem('job_not_found')
  return job
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

/** A user has few keys: one step. */
async function userStep(core: Core, job: JobRecord): Promise<JobRecord> {
  if (job.user !== null) await liveApiKeysOf(core, job.user)
  const { nowMs } = await readSite(core)
  return { ...job, removed: job.total, endedMs: nowMs }
}

/** One page of one shard. */
async function siteStep(core: Core, job: JobRecord): Promise<JobRecord> {
  const shard = shards[job.shard]
  const { nowMs } = await readSite(core)
  if (shard === undefined) return { ...job, endedMs: nowMs }
  const { ids, next } = await core.stores.apiKeys.walk(shard, job.cursor)
  const removed = job.removed + (await core.stores.apiKeys.removeDead((await judgeApiKeys(core, ids)).dead))
  return next === '0'
    ? { ...job, removed, shard: job.shard + 1, cursor: '0' }
    : { ...job, removed, cursor: next }
}
