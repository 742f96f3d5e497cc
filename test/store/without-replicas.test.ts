// Replicas are asked for and there are none: what was done all the same, and that it may be repeated.

import t from 'tap'
import { Problem } from '../../domain/errors.ts'
import { runJob } from '../../domain/jobs.ts'
import { revokeApiKeysOfUser } from '../../domain/revocation.ts'
import { auditEvents } from '../routes/evidence.ts'
import { startRedis } from '../support/redis.ts'
import { mint, startSiteOver, useKey } from '../support/site-over.ts'
import { startWorker } from '../support/worker.ts'

t.test(
  'threat 34: all keys of a user are refused although no replica acknowledged it, and it may be repeated',
  async (t) => {
    const server = await startRedis(t)
    const site = await startSiteOver(t, server)
    const keys = [await mint(site, 'ada'), await mint(site, 'ada')]
    const kept = await mint(site, 'bob')
    const alone = await site.another({ redis: { replicas: 1, writeDeadlineMs: 1_000 } })
    const revoke = {
      method: 'POST',
      url: '/v1/admin/api-keys/revoke',
      headers: site.first,
      payload: { user: 'ada' },
    } as const
    const answer = await alone.app.inject(revoke)
    t.equal(answer.statusCode, 503)
    t.equal(answer.json().code, 'outcome_unknown')
    for (const instance of [alone, site.instance]) {
      for (const key of keys) t.equal(await useKey(instance, key), '401 credential_invalid')
      t.equal(await useKey(instance, kept), '200')
    }
    t.equal((await auditEvents(server, 'api-keys.revoked')).length, 1)
    const again = await site.instance.app.inject(revoke)
    t.equal(again.statusCode, 200)
    t.same(again.json(), { revoked: 0 }, 'they had ended already')
    t.equal(((await server.command('KEYS', 'lk:{?}:k:*')) as string[]).length, 1, 'their records are gone')
    t.equal(await useKey(site.instance, kept), '200')
  },
)

t.test('the records of a revocation that no replica acknowledged are removed by whoever comes', async (t) => {
  const server = await startRedis(t)
  const site = await startSiteOver(t, server)
  const keys = [await mint(site, 'ada'), await mint(site, 'ada')]
  const kept = await mint(site, 'bob')
  // From here on nothing runs by itself.
  await site.instance.close()
  const alone = await startWorker(t, { url: server.url, replicas: 1, writeDeadlineMs: 1_000 })
  const two = await startWorker(t, { url: server.url })
  const origin = { actor: { kind: 'system', name: 'test', id: '' }, address: '' } as const
  const failure = await revokeApiKeysOfUser(alone.core, 'ada', origin).catch((error: unknown) => error)
  t.ok(failure instanceof Problem && failure.code === 'outcome_unknown')
  for (const { secret } of keys) {
    for (const { core } of [alone, two])
      t.match(await core.verifier.verify(secret), { active: false, code: 'credential_invalid' })
  }
  const [job, ...others] = await two.core.stores.jobs.list()
  t.match(job, { kind: 'remove-dead', endedMs: null, total: 2 })
  t.equal(others.length, 0)
  await runJob(two.core, job?.id ?? '')
  t.equal(((await server.command('KEYS', 'lk:{?}:k:*')) as string[]).length, 1)
  t.match(await two.core.verifier.verify(kept.secret), { active: true })
  t.type((await two.core.stores.jobs.read(job?.id ?? ''))?.endedMs, 'number')
})
