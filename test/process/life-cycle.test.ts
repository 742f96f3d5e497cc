import { join } from 'node:path'
import t, { type Test } from 'tap'
import { isAlive } from '../support/redis.ts'
import {
  ask,
  type Environment,
  makeWorkplace,
  processesOf,
  readFirst,
  redisPidOf,
  runServer,
  type ServerProcess,
  startServer,
  stop,
  untilGone,
} from '../support/server-process.ts'
import { basic } from '../support/site.ts'
import { until } from '../support/until.ts'

interface Site {
  readonly data: string
  readonly environment: Environment
  readonly first: { readonly authorization: string }
}

t.test('one data folder through the life of its server', async (t) => {
  const { data, environment } = await makeWorkplace(t)
  // A server outlives the subtest that starts it.
  const start = async (): Promise<ServerProcess> => await startServer(t, environment)
  let server = await start()
  const first = await readFirst(join(data, 'first-steps'))
  const site = { data, environment, first }
  await ask(server, 'PUT', '/v1/settings', first, { apiKeysAllowed: true })
  const secrets = [await mint(server, site), await mint(server, site)]
  const revoked = await mint(server, site)
  const ended = await ask(server, 'POST', '/v1/admin/api-keys/revoke', first, { ids: [revoked.id] })
  t.equal(ended.status, 200)

  await t.test(
    'threat 51: a second server on the same folder is refused, and the first goes on',
    async (t) => {
      const second = await runServer(t, environment)
      t.equal(second.code, 1)
      t.equal(second.stderr.trim().split('\n').length, 1, second.stderr)
      t.match(second.stderr, `Latchkey cannot start. The data folder ${data} is in use`)
      t.equal(second.stdout, '')
      secrets.push(await mint(server, site))
      await everyKeyIsAsItWas(t, server)
    },
  )

  await t.test(
    'SIGTERM ends it with exit code 0, and its Redis with it; a start brings all back',
    async (t) => {
      const redisPid = await redisPidOf(data)
      t.same(await stop(server), { code: 0, signal: null })
      t.equal(isAlive(redisPid), false, 'Redis is gone before the server is')
      t.same(processesOf(data), [])
      server = await start()
      await everyKeyIsAsItWas(t, server)
      secrets.push(await mint(server, site))
    },
  )

  await t.test('SIGINT, as of Ctrl-C, does the same', async (t) => {
    const redisPid = await redisPidOf(data)
    server.kill('SIGINT')
    t.same(await server.ended, { code: 0, signal: null })
    t.equal(isAlive(redisPid), false)
    server = await start()
    await everyKeyIsAsItWas(t, server)
  })

  await t.test('SIGKILL leaves no Redis behind, and loses nothing that was acknowledged', async (t) => {
    for (let round = 0; round < 2; round++) {
      const redisPid = await redisPidOf(data)
      const enough = secrets.length + 60
      const minting = Array.from({ length: 8 }, async () => {
        // Until the server is gone: what it answered before that is acknowledged.
        for (let key: Key | null = null; ; secrets.push(key)) {
          key = await mint(server, site).catch(() => null)
          if (key === null) return
        }
      })
      await until('enough was minted', () => secrets.length >= enough)
      server.kill('SIGKILL')
      t.match(await server.ended, { signal: 'SIGKILL' })
      await Promise.all(minting)
      await untilGone(redisPid)
      server = await start()
      await everyKeyIsAsItWas(t, server)
    }
  })

  await t.test(
    'a Redis that dies takes its server along, with an exit code and a word in the log',
    async (t) => {
      process.kill(await redisPidOf(data), 'SIGKILL')
      t.match(await server.ended, { code: 1 })
      t.match(server.output.stdout, /the embedded Redis ended by itself: .* was ended by SIGKILL/)
      server = await start()
      await everyKeyIsAsItWas(t, server)
    },
  )

  async function everyKeyIsAsItWas(t: Test, server: ServerProcess): Promise<void> {
    const verify = async ({ secret }: Key): Promise<unknown> =>
      (await ask(server, 'POST', '/v1/verify', first, { credential: secret })).body.active
    const verdicts = await Promise.all(secrets.map(verify))
    t.equal(verdicts.filter((isActive) => isActive === true).length, secrets.length, 'every key verifies')
    t.equal(await verify(revoked), false, 'and the revoked one does not')
    t.equal((await ask(server, 'GET', '/v1/me', basic('apikey', secrets[0]?.secret ?? ''))).status, 200)
  }
})

interface Key {
  readonly id: string
  readonly secret: string
}

async function mint(server: ServerProcess, { first }: Site): Promise<Key> {
  const user = `user-${Math.floor(Math.random() * 1_000)}`
  const { status, body } = await ask(server, 'POST', `/v1/users/${user}/api-keys`, first, {})
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body as unknown as Key
}
