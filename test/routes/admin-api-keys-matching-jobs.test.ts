// The job that revokes all that match: its progress, its change of hands, and a Redis that is cut off in the middle. Steps are
// taken by workers without an app, so that nothing goes on by itself.

import t from 'tap'
import { everyApiKey } from '../../domain/api-key-filter.ts'
import { mintApiKeyFor } from '../../domain/api-key-mint.ts'
import { renameOwnApiKey } from '../../domain/api-keys.ts'
import type { Core } from '../../domain/core.ts'
import { Problem } from '../../domain/errors.ts'
import { readJob, runJob } from '../../domain/jobs.ts'
import { startMatchingRevocation } from '../../domain/matching-revocation.ts'
import { newJob } from '../../domain/new-job.ts'
import { revokeApiKey } from '../../domain/revocation.ts'
import { names, shardOf } from '../../store/names.ts'
import { startRedisProxy } from '../support/redis-proxy.ts'
import { type SeededKey, seedApiKeys } from '../support/seed.ts'
import { startSite, type TestSite } from '../support/site.ts'
import { until } from '../support/until.ts'
import { startWorker } from '../support/worker.ts'
import { auditEvents, send } from './evidence.ts'
import { detailOf, endedJob, revokedBy, revokeMatching } from './matching.ts'

const origin = { actor: { kind: 'service', name: 'gateway', id: 'gateway' }, address: '192.0.2.7' } as const
const neverUsed = { ...everyApiKey, isNeverUsed: true }

/** Keys that a worker finds good. */
async function goodIn({ verifier }: Core, keys: readonly SeededKey[]): Promise<ReadonlySet<string>> {
  const verdicts = await Promise.all(keys.map(({ secret }) => verifier.verify(secret)))
  return new Set(keys.filter((_, index) => verdicts[index]?.active).map(({ id }) => id))
}

async function noteUse({ stores }: Core, ids: readonly string[]): Promise<void> {
  for (const id of ids) await stores.apiKeys.noteUses(shardOf(id), new Map([[id, Date.now()]]))
}

async function seed(site: TestSite, count: number, inShards?: readonly string[]) {
  const options = { count, sampleSize: count, ...(inShards === undefined ? {} : { inShards }) }
  const keys = await seedApiKeys(site.core, site.server.socketPath, options)
  if (keys.length !== count) throw new Error(`${keys.length} keys were handed back`)
  return keys
}

t.test(
  'stopped in the middle and continued by other instances: every matching key is revoked exactly once, and counted',
  async (t) => {
    const site = await startSite(t)
    const keys = await seed(site, 5_000)
    const used = keys.filter((_, index) => index % 250 === 0).map(({ id }) => id)
    await noteUse(site.core, used)
    await site.close()
    const [one, two] = await Promise.all([0, 1].map(() => startWorker(t, { url: site.server.url })))
    if (one === undefined || two === undefined) throw new Error('there are two workers')

    const { id } = await startMatchingRevocation(one.core, neverUsed, origin)
    t.match(await readJob(two.core, id), { total: 5_000, examined: 0, done: 0, endedMs: null })
    let steps = 0
    await runJob(one.core, id, () => steps++ === 5)
    const middle = await readJob(two.core, id)
    const gone = new Set(await revokedBy(site.server, id))
    t.match(middle, { endedMs: null, done: gone.size }, 'what was counted was revoked')
    t.ok(gone.size > 100 && gone.size < 4_000, `${gone.size} are gone in the middle`)
    for (const { core } of [one, two]) {
      const good = await goodIn(core, keys)
      t.same(
        keys.filter((key) => good.has(key.id) === gone.has(key.id)),
        [],
        'what was counted is refused on both instances, the rest is good',
      )
    }

    const waiting = keys.map((key) => key.id).filter((each) => !gone.has(each) && !used.includes(each))
    const [renamed = '', revoked = '', usedSince = ''] = waiting
    await renameOwnApiKey(two.core, renamed.slice(0, 8), renamed, 'renamed meanwhile', origin)
    await revokeApiKey(two.core, revoked, origin)
    await noteUse(two.core, [usedSince])
    const fresh = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const service = {
          kind: 'service',
          id: 'first',
          permissions: ['mint', 'admin'],
          expiresAtMs: null,
        } as const
        const order = { description: '', lifetimeDays: null }
        return await mintApiKeyFor(two.core, service, `fresh-${index}`, order, null, origin)
      }),
    )
    await Promise.all([one, two].map(({ core }) => runJob(core, id)))

    const kept = new Set([...used, usedSince])
    const ended = await readJob(one.core, id)
    const ofJob = await revokedBy(site.server, id)
    t.same(
      ofJob.toSorted(),
      keys
        .map((key) => key.id)
        .filter((each) => !kept.has(each) && each !== revoked)
        .toSorted(),
    )
    t.ok(ofJob.includes(renamed), 'a new description saves no key')
    t.equal(ended.done, ofJob.length)
    t.type(ended.endedMs, 'number')
    const byHand = (await auditEvents(site.server, 'api-key.revoked')).filter(
      (event) => detailOf(event, 'id') === revoked,
    )
    t.strictSame(
      byHand.map(({ details }) => Object.keys(details ?? {})),
      [['id', 'number']],
      'once, and not by the job',
    )
    for (const { core } of [one, two]) {
      t.same(await goodIn(core, keys), kept, 'keys in use, and the one that came into use, are good')
      const verdicts = await Promise.all(fresh.map(({ secret }) => core.verifier.verify(secret.reveal())))
      t.ok(
        verdicts.every(({ active }) => active),
        'and so are keys that were made after the order',
      )
    }
  },
)

t.test('ordered over HTTP: the job is read back at any instance while it runs and after it', async (t) => {
  const site = await startSite(t)
  const other = await site.another()
  const keys = await seed(site, 1_000, ['A'])
  // A time to come: that of the order counts.
  const filter = { createdBefore: '2999-01-01T00:00:00Z', userBeginning: 'seeded-' }
  const { job } = (await revokeMatching(site, site.first, filter)).json()
  const seen = (await send(other, `GET /v1/admin/jobs/${job.id}`, site.first)).json()
  t.match(seen, { id: job.id, kind: 'revoke', total: 1_000, startedAt: job.startedAt })
  t.ok(seen.done <= 1_000)
  const fresh = await site.mint('seeded-late')
  t.match(await endedJob(other, site.first, job), { total: 1_000, done: 1_000 })
  t.equal((await revokedBy(site.server, job.id)).length, 1_000)
  t.equal((await goodIn(other.core, keys)).size, 0)
  const me = await send(other, 'GET /v1/me', fresh.headers)
  t.equal(me.statusCode, 200, 'made after the order')
})

for (const mode of ['reset', 'deaf'] as const) {
  t.test(
    `Redis is cut off in the middle (${mode}): continued later, each key once, and never more counted than revoked`,
    async (t) => {
      const site = await startSite(t)
      const keys = await seed(site, 1_500, ['A', 'B'])
      await site.close()
      const proxy = await startRedisProxy(t, site.server.socketPath)
      const cut = await startWorker(t, { url: proxy.url, readDeadlineMs: 1_000, writeDeadlineMs: 1_000 })
      const { id } = await startMatchingRevocation(cut.core, neverUsed, origin)
      let sent = 0
      proxy.onSent = (text) => {
        sent += text.split('"api-key.revoked"').length - 1
        if (sent > 900) proxy.mode = mode
      }
      const failure = await runJob(cut.core, id).catch((error: unknown) => error)
      t.ok(failure instanceof Problem && failure.status === 503, 'it says that it does not know')
      proxy.onSent = () => {}
      proxy.mode = 'pass'

      const two = await startWorker(t, { url: site.server.url })
      const counted = await readJob(two.core, id)
      const before = await revokedBy(site.server, id)
      t.equal(counted.endedMs, null)
      t.ok(
        counted.done > 0 && counted.done <= before.length,
        `${counted.done} counted, ${before.length} revoked`,
      )
      t.ok(before.length < 1_500, 'and some are left')
      t.same(
        await goodIn(two.core, keys),
        new Set(keys.map((key) => key.id).filter((each) => !before.includes(each))),
      )

      await runJob(two.core, id)
      t.match(await readJob(two.core, id), { endedMs: null }, 'who was cut off has the lease for a while')
      // As ten seconds would.
      await site.server.command('DEL', names.jobLease(id))
      await until('it is connected again', () => cut.redis.isReady)
      await runJob(cut.core, id)
      const ended = await readJob(two.core, id)
      t.type(ended.endedMs, 'number')
      const revoked = await revokedBy(site.server, id)
      t.same(revoked.toSorted(), keys.map((key) => key.id).toSorted(), 'every key, each once')
      t.equal((await goodIn(two.core, keys)).size, 0)
      t.equal(
        ended.done,
        counted.done + 1_500 - before.length,
        'what the interrupted step revoked is not counted: an understatement, at most',
      )
    },
  )
}

t.test('a job that does not say which keys it is about revokes none', async (t) => {
  const site = await startSite(t)
  const key = await site.mint()
  const { nowMs } = await site.core.stores.site.read()
  const job = newJob({ kind: 'revoke', user: null, total: 1, origin }, nowMs)
  await site.core.stores.jobs.file(job, null)
  await runJob(site.core, job.id)
  t.match(await readJob(site.core, job.id), { done: 0, endedMs: Number })
  t.equal((await send(site, 'GET /v1/me', key.headers)).statusCode, 200)
})
