import t, { type Test } from 'tap'
import { Problem } from '../../domain/errors.ts'
import { connectRedis, type RedisAccess, type RedisOptionsOfSite } from '../../store/redis.ts'
import { scripts } from '../../store/scripts.ts'
import { freePort } from '../support/free-port.ts'
import { startRedis } from '../support/redis.ts'
import { startRedisProxy } from '../support/redis-proxy.ts'
import { mint, startSiteOver, tryToMint, useKey } from '../support/site-over.ts'
import { until } from '../support/until.ts'

t.test('scripts survive a Redis that forgets them, also while they are in use', async (t) => {
  const server = await startRedis(t)
  const site = await startSiteOver(t, server)
  const before = await mint(site)
  await server.command('SCRIPT', 'FLUSH')
  const after = await mint(site)
  let isDone = false
  const forgetting = async (): Promise<void> => {
    while (!isDone) await server.command('SCRIPT', 'FLUSH')
  }
  const minting = Promise.all(Array.from({ length: 64 }, (_, index) => mint(site, `user-${index % 8}`)))
  const [during] = await Promise.all([minting.finally(() => (isDone = true)), forgetting()])
  for (const key of [before, after, ...during]) t.equal(await useKey(site.instance, key), '200')

  await server.command('SCRIPT', 'FLUSH')
  const payload = { ids: [before.id, ...during.map(({ id }) => id)] }
  const { app } = site.instance
  const url = '/v1/admin/api-keys/revoke'
  const revoked = await app.inject({ method: 'POST', url, headers: site.first, payload })
  t.same(revoked.json(), { revoked: 65 })
  t.equal(await useKey(site.instance, during[0] ?? before), '401 credential_invalid')
})

t.test('an error reply is redis_refused: Redis did nothing', async (t) => {
  const server = await startRedis(t)
  const access = await connect(t, { url: server.url })
  await server.command('SET', 'text', 'no number')
  t.equal(await codeOf(access.write('incr', 'text')), 'redis_refused')
  await server.command('CONFIG', 'SET', 'maxmemory', 1)
  t.equal(await codeOf(access.write('set', 'text', 'changed')), 'redis_refused')
  t.equal(await codeOf(access.run(scripts.createUser, ['a', 'b', 'c'], ['', '', 1, ''])), 'redis_refused')
  await server.command('CONFIG', 'SET', 'maxmemory', 0)
  t.same((await access.read(['text', 'a'])).texts, ['no number', null])
})

t.test('a write without a connection is redis_unavailable at once, and nothing is sent later', async (t) => {
  const server = await startRedis(t)
  const access = await connect(t, { url: server.url, writeDeadlineMs: 600_000 })
  await server.kill()
  await until('it is noticed', () => !access.isReady)
  t.equal(await codeOf(access.write('set', 'name', 'late')), 'redis_unavailable')
  t.equal(await codeOf(access.run(scripts.createUser, ['a', 'b', 'c'], ['', '', 1, ''])), 'redis_unavailable')
  await server.restart()
  await until('it connects again', () => access.isReady)
  await access.write('set', 'other', 'text')
  t.same((await access.read(['name', 'a', 'other'])).texts, [null, null, 'text'])
})

t.test(
  'a write that was sent and not answered is outcome_unknown, however the answer was lost',
  async (t) => {
    const server = await startRedis(t)
    const proxy = await startRedisProxy(t, server.socketPath)
    const access = await connect(t, { url: proxy.url, writeDeadlineMs: 150 })
    for (const mode of ['deaf', 'silent', 'reset'] as const) {
      proxy.mode = mode
      t.equal(await codeOf(access.write('set', mode, 'done')), 'outcome_unknown', mode)
      proxy.mode = 'pass'
      await until('it connects again', async () => (await codeOf(access.write('ping'))) === 'an answer')
    }
    t.same(
      (await access.read(['deaf', 'silent', 'reset'])).texts,
      ['done', null, null],
      'nothing is sent again',
    )
  },
)

t.test('a list that Redis does not answer is redis_unavailable', async (t) => {
  const server = await startRedis(t)
  const access = await connect(t, { url: server.url, readDeadlineMs: 100 })
  server.pause()
  t.equal(await codeOf(access.query('zrange', 'list', 0, -1)), 'redis_unavailable')
  server.resume()
  await until('it goes on', async () => (await codeOf(access.query('zrange', 'list', 0, -1))) === 'an answer')
  await server.kill()
  await until('it is noticed', () => !access.isReady)
  t.equal(await codeOf(access.query('zrange', 'list', 0, -1)), 'redis_unavailable')
})

t.test('a new connection that gets no answer is given up and made anew', async (t) => {
  const server = await startRedis(t)
  const proxy = await startRedisProxy(t, server.socketPath)
  let sent = 0
  proxy.mode = 'silent'
  proxy.onSent = () => {
    sent += 1
  }
  const access = connectRedis({ url: proxy.url })
  t.teardown(() => access.close())
  await until('both connections have asked', () => sent >= 2)
  proxy.mode = 'pass'
  await until('it is ready all the same', () => access.isReady)
  t.same((await access.read(['name'])).texts, [null])
})

t.test('closing does not wait for a Redis that does not answer', async (t) => {
  const server = await startRedis(t)
  const access = connectRedis({ url: server.url })
  await until('it connects', () => access.isReady)
  server.pause()
  let isClosed = false
  void access.close().then(() => {
    isClosed = true
  })
  await until('it is closed', () => isClosed)
  t.equal(isClosed, true)
})

t.test(
  'LATCHKEY_REPLICAS without a replica: what is not confirmed is outcome_unknown, never done',
  async (t) => {
    const server = await startRedis(t)
    const site = await startSiteOver(t, server)
    const key = await mint(site)
    const careful = await site.another({ redis: { replicas: 1, writeDeadlineMs: 200 } })
    const before = Number(await server.command('ZCARD', `lk:{${key.id[0]}}:all-keys`))
    t.equal(await tryToMint({ ...site, instance: careful }), 'outcome_unknown')
    t.equal(
      Number(await server.command('ZCARD', `lk:{${key.id[0]}}:all-keys`)),
      before,
      'and no key was left',
    )

    const revoke = { method: 'DELETE', url: `/v1/admin/api-keys/${key.id}`, headers: site.first } as const
    const answer = await careful.app.inject(revoke)
    t.equal(`${answer.statusCode} ${answer.json().code}`, '503 outcome_unknown')
    t.equal(answer.headers['retry-after'], '1')
    const verified = await useKey(careful, key)
    t.match(verified, /^(200|401 credential_invalid)$/)
    t.equal(await useKey(site.instance, key), verified, 'every instance sees the same truth')
  },
)

t.test('LATCHKEY_REPLICAS with a replica: the answer comes once the replica has it', async (t) => {
  const port = await freePort()
  const server = await startRedis(t, ['--port', String(port), '--bind', '127.0.0.1'])
  const replica = await startRedis(t, ['--replicaof', '127.0.0.1', String(port)])
  await until('the replica follows', async () =>
    String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
  )
  const site = await startSiteOver(t, server, { redis: { replicas: 1 } })
  const recordOf = async (id: string) =>
    await replica.command('GET', `lk:{${id[0]}}:k:${id.slice(0, 8)}:${id.slice(8)}`)

  const { app } = site.instance
  for (let round = 0; round < 8; round++) {
    const key = await mint(site)
    t.type(await recordOf(key.id), 'string', 'a minted key is on the replica')
    const url = `/v1/admin/api-keys/${key.id}`
    const answer = await app.inject({ method: 'DELETE', url, headers: site.first })
    t.equal(answer.statusCode, 204)
    t.equal(await recordOf(key.id), null, 'a revoked one is no more')
  }

  const key = await mint(site)
  replica.pause()
  const frozen = await site.another({ redis: { replicas: 1, writeDeadlineMs: 200 } })
  t.equal(await tryToMint({ ...site, instance: frozen }), 'outcome_unknown')
  t.equal(await useKey(frozen, key), '200', 'verification waits for no replica')
  replica.resume()
  await until('the replica follows again', async () => typeof (await tryToMint(site)) !== 'string')
})

async function connect(t: Test, options: RedisOptionsOfSite): Promise<RedisAccess> {
  const access = connectRedis(options)
  t.teardown(() => access.close())
  await until('it connects', () => access.isReady)
  return access
}

async function codeOf(answer: Promise<unknown>): Promise<string> {
  try {
    await answer
    return 'an answer'
  } catch (error) {
    return error instanceof Problem ? error.code : String(error)
  }
}
