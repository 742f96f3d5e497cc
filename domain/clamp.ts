/**
 * The expiry policy and the keys that exist already: what a new policy would shorten (preview), and shortening them when an
 * administrator asks for it. Never lengthens.
 */
import type { Origin } from '../store/audit.ts'
import type { JobRecord } from '../store/jobs.ts'
import { shards } from '../store/names.ts'
import type { ApiKeyRecord } from '../store/records.ts'
import type { Core } from './core.ts'
import { Problem } from './errors.ts'
import { type JudgedApiKeys, judgeApiKeys } from './liveness.ts'
import { newJob } from './new-job.ts'
import { readSite } from './site.ts'

const dayMs = 86_400_000
/** Records that are shortened at the same time. */
const atOnce = 50

export interface PolicyPreview {
  /** Live keys. */
  readonly live: number
  /** Live keys that would expire earlier than now set. */
  readonly shortened: number
  /** Of these, how many would end at once, because they are older than the policy allows. */
  readonly ended: number
}

/** The expiry that a policy allows a key, or null when the key keeps to it already. */
function earlierExpiry(record: ApiKeyRecord, lifetimeDays: number): number | null {
  const latestMs = record.c + lifetimeDays * dayMs
  return record.e !== undefined && record.e <= latestMs ? null : latestMs
}

/** Walks all keys in small portions; null (Never) shortens nothing. */
export async function previewPolicy(core: Core, lifetimeDays: number | null): Promise<PolicyPreview> {
  let live = 0
  let shortened = 0
  let ended = 0
  for (const shard of shards) {
    let cursor = '0'
    do {
      const { ids, next } = await core.stores.apiKeys.walk(shard, cursor)
      const judged = await judgeApiKeys(core, ids)
      live += judged.live.length
      for (const { record } of judged.live) {
        const expiryMs = lifetimeDays === null ? null : earlierExpiry(record, lifetimeDays)
        if (expiryMs === null) continue
        shortened++
        if (expiryMs <= judged.nowMs) ended++
      }
      cursor = next
    } while (cursor !== '0')
  }
  return { live, shortened, ended }
}

/**
 * Files the job that brings every live key's expiry forward to the present policy. The job keeps to the lifetime that it was
 * filed with, whatever the policy is by then.
 * @param expectedDays the lifetime whose consequences were looked at; null: never; left out: whatever it is
 * @throws Problem policy_is_never when keys never expire by the policy: there is nothing to shorten them to;
 *   settings_changed when the policy is another than expected
 */
export async function startClamp(
  core: Core,
  origin: Origin,
  expectedDays?: number | null,
): Promise<JobRecord> {
  const { site, nowMs } = await readSite(core)
  const { apiKeyLifetimeDays: lifetimeDays, siteName } = site.record.settings
  if (expectedDays !== undefined && expectedDays !== lifetimeDays) throw new Problem('settings_changed')
  if (lifetimeDays === null) throw new Problem('policy_is_never')
  const total = await core.stores.apiKeys.countListed(shards)
  const job = newJob({ kind: 'clamp', user: null, lifetimeDays, total, origin }, nowMs)
  const event = {
    ...origin,
    action: 'api-keys.clamped',
    subject: siteName,
    details: { lifetimeDays, job: job.id },
  } as const
  await core.stores.jobs.file(job, event)
  return job
}

/** One step of the job. @returns how many keys were shortened or ended */
export async function clampApiKeys(core: Core, { live }: JudgedApiKeys, job: JobRecord): Promise<number> {
  const { lifetimeDays } = job
  if (lifetimeDays === null) return 0
  const late = live.flatMap((key) => {
    const expiryMs = earlierExpiry(key.record, lifetimeDays)
    return expiryMs === null ? [] : [{ ...key, expiryMs }]
  })
  let shortened = 0
  for (let start = 0; start < late.length; start += atOnce) {
    const outcomes = late.slice(start, start + atOnce).map(async ({ id, record, text, owner, expiryMs }) => {
      const details = { id, number: record.n, fromMs: record.e ?? null, toMs: expiryMs }
      const event = { ...job.origin, action: 'api-key.shortened', subject: owner.name, details } as const
      return await core.stores.apiKeys.shorten(id, { text, record }, { ...record, e: expiryMs }, event)
    })
    // Changed meanwhile (renamed, revoked): the record is met again only by another run; renaming is rare.
    shortened += (await Promise.all(outcomes)).filter((outcome) => outcome !== 'changed').length
  }
  return shortened
}
