import t from 'tap'
import { seedApiKeys } from '../support/seed.ts'
import { ask, makeWorkplace, startServer } from '../support/server-process.ts'
import { startSite, type TestSite, testPeppers } from '../support/site.ts'
import { useKey } from '../support/site-over.ts'
import { until } from '../support/until.ts'

t.test('a worker that froze loses its job to another, and does no harm when it wakes', async (t) => {
  const site = await startSite(t)
  const sample = await seedApiKeys(site.core, site.server.socketPath, { count: 6_000 })
  const { environment } = await makeWorkplace(t)
  const frozen = await startServer(t, {
    ...environment,
    REDIS_URL: site.server.url,
    LATCHKEY_PEPPERS: testPeppers,
  })
  const payload = { all: true, site: 'Latchkey' }
  const revoked = await ask(frozen, 'POST', '/v1/admin/api-keys/revoke', site.first, payload)
  t.equal(revoked.status, 200)
  const { id } = revoked.body.job as { id: string }
  await until('the job is in the middle', async () => (await listedCount(site)) < 5_500)
  frozen.kill('SIGSTOP')
  const left = await listedCount(site)
  t.ok(left > 0, `${left} keys are left`)
  const lease = `lk:{site}:job-lease:${id}`
  t.equal(await site.server.command('EXISTS', lease), 1)
  site.app.continueJobs()
  t.match(await readJob(site, id), { endedMs: null }, 'who has the lease has the job')

  // As ten seconds without a sign of life would.
  await site.server.command('PEXPIRE', lease, 1)
  const fresh = await site.mint('fresh')
  await until('another instance goes on', async () => {
    site.app.continueJobs()
    return (await listedCount(site)) < left - 100
  })
  frozen.kill('SIGCONT')
  await until('the job has ended', async () => {
    site.app.continueJobs()
    return (await readJob(site, id)).endedMs !== null
  })
  t.equal(await listedCount(site), 1)
  t.equal(
    (await ask(frozen, 'GET', '/v1/me', fresh.headers)).status,
    200,
    'the one key that was minted since',
  )
  t.equal(await useKey(site, fresh), '200')
  t.equal(await useKey(site, sample.at(-1) ?? fresh), '401 credential_invalid')
})

t.test('a job outlives the Redis it began on: after a restart nothing is skipped', async (t) => {
  const site = await startSite(t)
  // In one shard, so that the restart comes in the middle of its walk.
  await seedApiKeys(site.core, site.server.socketPath, { count: 8_000, inShards: ['A'] })
  const url = '/v1/admin/api-keys/revoke'
  const payload = { all: true, site: 'Latchkey' }
  const revoked = await site.app.inject({ method: 'POST', url, headers: site.first, payload })
  const { id } = revoked.json().job
  await until('the job is in the middle', async () => (await listedCount(site)) < 6_000)
  await site.server.kill()
  await site.server.restart()
  t.ok((await listedCount(site)) > 1_000, 'much is left')
  t.match(await readJob(site, id), { endedMs: null })
  await until('it connects again', () => site.redis.isReady)
  await site.server.command('DEL', `lk:{site}:job-lease:${id}`)
  await until('the job has ended', async () => {
    site.app.continueJobs()
    return (await readJob(site, id)).endedMs !== null
  })
  t.equal(await listedCount(site), 0)
  t.same(await site.server.command('KEYS', 'lk:{?}:k*'), [])
})

async function readJob({ server }: TestSite, id: string): Promise<{ endedMs: number | null }> {
  return JSON.parse(String(await server.command('HGET', 'lk:{site}:jobs', id)))
}

async function listedCount({ server }: TestSite): Promise<number> {
  const lists = (await server.command('KEYS', 'lk:{?}:all-keys')) as string[]
  const counts = await Promise.all(lists.map((name) => server.command('ZCARD', name)))
  return counts.reduce((sum: number, count) => sum + Number(count), 0)
}
