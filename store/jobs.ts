/**
 * Jobs: long work over many keys that any instance continues. A job lies in one hash; who works on it holds a lease that
 * Redis ends by itself when the worker dies.
 * Callers: domain/jobs.ts.
 */
import { type AuditEvent, auditArguments, type Origin } from './audit.ts'
import { names } from './names.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

export interface JobRecord {
  readonly id: string
  /**
   * `remove-dead`: delete what a newer generation revoked. `clamp`: bring expiries forward to the policy. `revoke`: revoke
   * one by one what matches a filter.
   */
  readonly kind: 'remove-dead' | 'clamp' | 'revoke'
  /** Whose API keys: a user id, or null for all on the site. */
  readonly user: string | null
  /** `clamp`: the longest life of a key, in days. */
  readonly lifetimeDays: number | null
  /** `revoke`: which keys, as domain/api-key-filter.ts writes it. */
  readonly filter: string | null
  /** Who asked for it, for the audit events of its steps. */
  readonly origin: Origin
  readonly startedMs: number
  /** null: running. */
  readonly endedMs: number | null
  /** Keys listed when the job began; an upper bound, as expired ones count until they are pruned. */
  readonly total: number
  /** Keys that were looked at. */
  readonly examined: number
  /** Records that were removed, shortened or revoked. */
  readonly done: number
  /** Where the walk is: index of the shard, cursor inside it. */
  readonly shard: number
  readonly cursor: string
}

export interface JobStore {
  /** @param event of the order; null where the change that orders the job has its own */
  file(job: JobRecord, event: AuditEvent | null): Promise<void>
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
    async file(job, event) {
      const keys = event === null ? [names.jobs] : [names.jobs, names.auditOfSite]
      const eventArguments = event === null ? [] : auditArguments(event)
      await redis.run(scripts.fileJob, keys, [job.id, JSON.stringify(job), ...eventArguments])
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
      return (await redis.run(scripts.takeJob, [names.jobLease(id)], [worker, leaseMs])) === 1
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
