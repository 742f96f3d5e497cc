import t, { type Test } from 'tap'
import { changedNames, readDatabase } from '../support/database.ts'
import { operationsOf } from '../support/operations.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RedisProxy, startRedisProxy } from '../support/redis-proxy.ts'
import { basic, type Instance } from '../support/site.ts'
import {
  invite,
  type Minted,
  mint,
  openSession,
  type SiteOver,
  startSiteOver,
  tryToMint,
  useKey,
} from '../support/site-over.ts'
import { until } from '../support/until.ts'

interface Scene {
  readonly server: TestRedis
  readonly proxy: RedisProxy
  readonly site: SiteOver
  readonly live: Minted
  readonly revoked: Minted
  readonly session: Awaited<ReturnType<typeof openSession>>
  readonly invitation: string
}

/** What can happen to Redis or to the way there, and its end. */
const outages: Readonly<
  Record<string, readonly [begin: (scene: Scene) => unknown, end: (scene: Scene) => unknown]>
> = {
  'Redis is frozen': [({ server }) => server.pause(), ({ server }) => server.resume()],
  'Redis is stopped': [({ server }) => server.stop(), ({ server }) => server.restart()],
  'Redis is killed': [({ server }) => server.kill(), ({ server }) => server.restart()],
  'commands vanish': [({ proxy }) => set(proxy, 'silent'), ({ proxy }) => set(proxy, 'pass')],
  'answers vanish': [({ proxy }) => set(proxy, 'deaf'), ({ proxy }) => set(proxy, 'pass')],
  'connections are reset': [({ proxy }) => set(proxy, 'reset'), ({ proxy }) => set(proxy, 'pass')],
  'answers come too late': [
    ({ proxy }) => Object.assign(proxy, { delayMs: 400 }),
    ({ proxy }) => Object.assign(proxy, { delayMs: 0 }),
  ],
}

t.test(
  'threat 32: whatever keeps Redis from answering, every route says 503 and recovers by itself',
  async (t) => {
    const scene = await setScene(t)
    const { instance } = scene.site
    for (const [what, [begin, end]] of Object.entries(outages)) {
      await t.test(`threat 32: ${what}`, async (t) => {
        const before = await readDatabase(scene.server.command)
        await begin(scene)
        // While it begins, with connections that look sound, when it is known, and while they are being made anew.
        const endMs = Date.now() + 400
        do await everyRouteSays503(t, scene)
        while (Date.now() < endMs)
        await end(scene)
        await until('it recovers', async () => await isReady(instance))
        await until(
          'writes do so, too',
          async () => typeof (await tryToMint(scene.site, 'later')) !== 'string',
        )
        for (const each of [scene.live, scene.session, { headers: scene.session.keyHeaders }])
          t.equal(await useKey(instance, each), '200')
        t.equal(await useKey(instance, scene.revoked), '401 credential_invalid')
        const changed = changedNames(before, await readDatabase(scene.server.command))
        t.same(
          changed.filter((name) => name.includes(scene.live.id.slice(0, 8))),
          [],
          'nothing of this user changed',
        )
      })
    }
  },
)

t.test('threat 32: answers that come late, but in time, are the right ones', async (t) => {
  const { proxy, site, live, revoked } = await setScene(t)
  proxy.delayMs = 60
  const keys = [live, revoked, live, revoked]
  const answers = await Promise.all(keys.map((key) => useKey(site.instance, key)))
  t.same(answers, ['200', '401 credential_invalid', '200', '401 credential_invalid'])
})

t.test('a revocation whose answer was lost is 503, may be repeated, and holds', async (t) => {
  const { proxy, site, live } = await setScene(t)
  const { instance, first } = site
  proxy.onSent = (text) => {
    if (text.includes('evalsha')) proxy.mode = 'deaf'
  }
  const revoke = { method: 'DELETE', url: `/v1/admin/api-keys/${live.id}`, headers: first } as const
  const answer = await instance.app.inject(revoke)
  t.equal(`${answer.statusCode} ${answer.json().code}`, '503 outcome_unknown')
  recover(proxy)
  await until('it recovers', async () => await isReady(instance))
  t.equal(await useKey(instance, live), '401 credential_invalid')
  t.equal((await instance.app.inject(revoke)).statusCode, 404)
})

t.test('a mint whose answer was lost is 503, and never claims that nothing was changed', async (t) => {
  const { proxy, site } = await setScene(t)
  proxy.onSent = (text) => {
    if (text.includes('api-key.minted')) proxy.mode = 'deaf'
  }
  t.equal(await tryToMint(site, 'grace'), 'outcome_unknown')
  recover(proxy)
  await until('repeating it works', async () => typeof (await tryToMint(site, 'grace')) !== 'string')
})

t.test(
  'a mint that could be written, and not read back, is outcome_unknown, not "nothing was changed"',
  async (t) => {
    const { proxy, site } = await setScene(t)
    let isWritten = false
    proxy.onSent = (text) => {
      if (text.includes('api-key.minted')) isWritten = true
      // The answer to the mint arrives; what is read afterwards does not.
      else if (isWritten && text.includes('mget')) proxy.mode = 'deaf'
    }
    t.equal(await tryToMint(site, 'grace'), 'outcome_unknown')
    t.equal(isWritten, true)
    recover(proxy)
    await until('writes recover', async () => typeof (await tryToMint(site, 'writes')) !== 'string')
    const { headers } = await mint(site, 'grace')
    const listed = await site.instance.app.inject({ url: '/v1/api-keys', headers })
    t.equal(listed.json().items.length, 1, 'and the key that nobody was shown is gone')
  },
)

async function setScene(t: Test): Promise<Scene> {
  const server = await startRedis(t)
  const proxy = await startRedisProxy(t, server.socketPath)
  const redis = { readDeadlineMs: 150, writeDeadlineMs: 150 }
  const site = await startSiteOver(t, server, { url: proxy.url, redis })
  const live = await mint(site, 'ada')
  const revoked = await mint(site, 'bob')
  const url = `/v1/admin/api-keys/${revoked.id}`
  const answer = await site.instance.app.inject({ method: 'DELETE', url, headers: site.first })
  if (answer.statusCode !== 204) throw new Error(answer.body)
  const session = await openSession(site, 'carl')
  return { server, proxy, site, live, revoked, session, invitation: await invite(site, 'dora') }
}

async function everyRouteSays503(
  t: Test,
  { site, live, revoked, session, invitation }: Scene,
): Promise<void> {
  const { app } = site.instance
  const operations = operationsOf(app, invitation)
  const wrong: string[] = []
  for (const headers of [site.first, live.headers, revoked.headers, session.headers, session.keyHeaders]) {
    await Promise.all(
      operations.map(async ({ id, needsRedis, ...request }) => {
        const answer = await app.inject({ ...request, headers })
        const isRight = needsRedis
          ? answer.statusCode === 503 && answer.headers['retry-after'] === '1'
          : answer.statusCode === 200
        if (!isRight) wrong.push(`${id}: ${answer.statusCode} ${answer.body}`)
      }),
    )
  }
  t.same(wrong, [], `all ${operations.length} routes, for credentials of every kind`)
  t.equal((await app.inject({ url: '/v1/me' })).statusCode, 401, 'who brings nothing is told so')
  const typo = basic('apikey', live.secret.slice(0, -1))
  t.equal((await app.inject({ url: '/v1/me', headers: typo })).json().code, 'credential_malformed')
}

async function isReady({ app }: Instance): Promise<boolean> {
  return (await app.inject({ url: '/health/ready' })).statusCode === 200
}

function set(proxy: RedisProxy, mode: RedisProxy['mode']): void {
  proxy.mode = mode
}

function recover(proxy: RedisProxy): void {
  proxy.onSent = () => {}
  proxy.mode = 'pass'
}
