/**
 * Jobs: long clean-up work that any instance continues. A job lies in one hash; who works on it holds a lease that
 * Redis ends by itself when the worker dies.
 * Callers: domain/clean-up.ts.
 */
import { names } from './names.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

export interface JobRecord {
  readonly id: string
  /** Whose API keys were revoked: a user id, or null for all on the site. */
  readonly user: string | null
  readonly startedMs: number
  /** null: running. */
  readonly endedMs: number | null
  /** Keys listed when the job began; an upper bound, as expired ones count until they are pruned. */
  readonly total: number
  readonly removed: number
  /** Where the walk is: index of the shard, cursor inside it. */
  readonly shard: number
  readonly cursor: string
}

export interface JobStore {
  file(job: JobRecord): Promise<void>
  read(id: string): Promise<JobRecord | null>
  list(): Promise<readonly JobRecord[]>
  /** @returns whether this worker holds the lease now */
  take(id: string, worker: string): Promise<boolean>
  /** Saves progress and renews the lease. @returns false when another worker holds it by now */
  save(job: JobRecord, worker: string): Promise<boolean>
  /** Ends the lease, so that the next worker need not wait for it to run out. */
  release(id: string, worker: string): Promise<void>
  forget(id: string): Promise<void>
}

/** How long a dead worker keeps a job from the others. */
const leaseMs = 10_000

export function createJobStore(redis: RedisAccess): JobStore {
  return {
    async file(job) {
      await redis.write('hset', names.jobs, job.id, JSON.stringify(job))
    },
    async read(id) {
      const text = (await redis.query('hget', names.jobs, id)) as string | null
      return text === null ? null : JSON.parse(text)
    },
    async list() {
      const texts = (await redis.query('hvals', names.jobs)) as string[]
      return texts.map((text): JobRecord => JSON.parse(text))
    },
    async take(id, worker) {
      return (await redis.write('set', names.jobLease(id), worker, 'NX', 'PX', leaseMs)) === 'OK'
    },
    async save(job, worker) {
      const reply = await redis.run(
        scripts.saveJob,
        [names.jobLease(job.id), names.jobs],
        [worker, job.id, JSON.stringify(job), leaseMs],
      )
      return reply === 1
    },
    async release(id, worker) {
      await redis.run(scripts.releaseJob, [names.jobLease(id)], [worker])
    },
    async forget(id) {
      await redis.write('hdel', names.jobs, id)
    },
  }
}
