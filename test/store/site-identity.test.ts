import t, { type Test } from 'tap'
import { createSite, openSite, SiteRefused } from '../../domain/site.ts'
import { readDatabase } from '../support/database.ts'
import { operationsOf } from '../support/operations.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type Instance, startInstance, testPeppers } from '../support/site.ts'
import { invite, mint, openSession, startSiteOver, tryToMint, useKey } from '../support/site-over.ts'
import { until } from '../support/until.ts'

const wrongPepper = `1:${Buffer.alloc(32, 9).toString('base64')}`
const secondPepper = `2:${Buffer.alloc(32, 2).toString('base64')}`

t.test('threat 35: flushed while serving: 503 site_missing for every credential, never 401', async (t) => {
  const server = await startRedis(t)
  const site = await startSiteOver(t, server)
  const live = await mint(site, 'ada')
  const revoked = await mint(site, 'ada')
  const { app } = site.instance
  const session = await openSession(site, 'carl')
  const invitation = await invite(site, 'dora')
  const url = `/v1/admin/api-keys/${revoked.id}`
  t.equal((await app.inject({ method: 'DELETE', url, headers: site.first })).statusCode, 204)

  await server.flushAll()
  for (const headers of [live.headers, revoked.headers, site.first, session.headers, session.keyHeaders]) {
    for (const { id, needsRedis, ...request } of operationsOf(app, invitation)) {
      if (!needsRedis) continue
      const answer = await app.inject({ ...request, headers })
      t.equal(`${answer.statusCode} ${answer.json().code}`, '503 site_missing', id)
    }
  }
  t.equal((await app.inject({ url: '/health/live' })).statusCode, 200)
  const anew = await startConnectedInstance(t, server)
  t.equal(await openSite(anew.core), false, 'another instance does not open it either')
  t.equal(await useKey(anew, live), '503 site_not_initialised')
  await site.instance.lastUsed.flush()
  t.same([...(await readDatabase(server.command)).keys()], [], 'and nobody makes a site by himself')
})

t.test('threat 35: a database with another site: 503, and nothing is written into it', async (t) => {
  const server = await startRedis(t)
  const site = await startSiteOver(t, server)
  const key = await mint(site)
  await server.flushAll()
  const second = await startConnectedInstance(t, server)
  t.ok(await createSite(second.core))
  await openSite(second.core)
  const before = await readDatabase(server.command)

  t.equal(await useKey(site.instance, key), '503 site_missing')
  t.equal(await tryToMint(site), 'site_missing')
  const ready = await site.instance.app.inject({ url: '/health/ready' })
  t.equal(`${ready.statusCode} ${ready.json().code}`, '503 site_missing')
  t.equal(await useKey(second, key), '401 credential_of_another_site', 'to the other site it is a stranger')
  t.same(await readDatabase(server.command), before)
})

t.test('a site that returns from the backup is served again without a restart', async (t) => {
  const server = await startRedis(t)
  const site = await startSiteOver(t, server)
  const key = await mint(site)
  const record = await server.command('GET', 'lk:{site}:site')
  await server.command('DEL', 'lk:{site}:site')
  t.equal(await useKey(site.instance, key), '503 site_missing')
  await server.command('SET', 'lk:{site}:site', String(record))
  t.equal(await useKey(site.instance, key), '200')
})

t.test('a wrong pepper is refused when the site is opened, and the gate stays shut', async (t) => {
  const server = await startRedis(t)
  const site = await startSiteOver(t, server)
  const key = await mint(site)
  const before = await readDatabase(server.command)
  for (const peppers of [wrongPepper, `${wrongPepper},${secondPepper}`]) {
    const wrong = await startConnectedInstance(t, server, peppers)
    await t.rejects(openSite(wrong.core), SiteRefused)
    t.equal(wrong.core.gate.isOpen, false)
    await wrong.app.ready()
    await until('it says why', async () => (await useKey(wrong, key)) === '503 site_not_open')
    t.equal(await useKey(wrong, key), '503 site_not_open')
    t.match(wrong.logged.join(''), /Pepper 1 is not the one this site was made with/)
    t.notMatch(wrong.logged.join(''), wrongPepper.slice(2), 'the pepper itself is not logged')
  }
  t.same(await readDatabase(server.command), before, 'nothing was recorded')
  t.equal(await useKey(site.instance, key), '200')
})

t.test('a new pepper is recorded and mints, and keys of the old one verify while it is listed', async (t) => {
  const server = await startRedis(t)
  const site = await startSiteOver(t, server)
  const old = await mint(site, 'ada')
  const both = await site.another({ peppers: `${testPeppers},${secondPepper}` })
  const recorded = JSON.parse(String(await server.command('GET', 'lk:{site}:site')))
  t.same(Object.keys(recorded.peppers), ['1', '2'])
  const events = JSON.stringify(await server.command('XRANGE', 'lk:{site}:audit', '-', '+'))
  t.match(events, 'pepper.added')

  t.equal(await useKey(both, old), '200')
  const fresh = await mint({ ...site, instance: both }, 'ada')
  t.equal(await useKey(both, fresh), '200')
  t.equal(await useKey(site.instance, old), '200')
  t.equal(
    await useKey(site.instance, fresh),
    '503 pepper_unknown',
    'who lacks a pepper has no answer, not a no',
  )
  const asked = await site.instance.app.inject({
    method: 'POST',
    url: '/v1/verify',
    headers: site.first,
    payload: { credential: fresh.secret },
  })
  t.equal(`${asked.statusCode} ${asked.json().code}`, '503 pepper_unknown')

  const retired = await site.another({ peppers: secondPepper })
  t.equal(await useKey(retired, fresh), '200')
  t.equal(await useKey(retired, old), '503 pepper_unknown')
  const first = await retired.app.inject({ url: '/v1/me', headers: site.first })
  t.equal(`${first.statusCode} ${first.json().code}`, '503 pepper_unknown', 'services, too')
})

async function startConnectedInstance(
  t: Test,
  { url }: TestRedis,
  peppers: string = testPeppers,
): Promise<Instance> {
  const instance = await startInstance(t, { url, peppers })
  await until('an instance is connected', () => instance.redis.isReady)
  return instance
}
