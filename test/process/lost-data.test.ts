import { readdirSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import {
  ask,
  makeWorkplace,
  processesOf,
  readFirst,
  runServer,
  type ServerProcess,
  startServer,
  stop,
} from '../support/server-process.ts'
import { basic } from '../support/site.ts'

t.test('a data folder that lost something', async (t) => {
  const { data, environment } = await makeWorkplace(t)
  // A server outlives the subtest that starts it.
  const start = async (): Promise<ServerProcess> => await startServer(t, environment)
  let server = await start()
  const first = await readFirst(join(data, 'first-steps'))
  await ask(server, 'PUT', '/v1/settings', first, { apiKeysAllowed: true })
  const { body } = await ask(server, 'POST', '/v1/users/ada/api-keys', first, {})
  const key = basic('apikey', String(body.secret))
  const keyIsAsItWas = async (t: Test): Promise<void> => {
    t.match(await ask(server, 'GET', '/v1/me', key), { status: 200, body: { id: body.id } })
  }
  await keyIsAsItWas(t)
  t.same(await stop(server), { code: 0, signal: null })
  const startIsRefused = async (t: Test, why: RegExp): Promise<void> => {
    const before = readdirSync(data).toSorted()
    const refused = await runServer(t, environment)
    t.equal(refused.code, 1)
    t.match(refused.stderr, /^Latchkey cannot start\. /)
    t.match(refused.stderr, why)
    t.equal(refused.stderr.trim().split('\n').length, 1, refused.stderr)
    t.notMatch(refused.stdout, /lkv_|first-steps/, 'no second first start')
    t.same(processesOf(data), [], 'no Redis is left')
    t.ok(
      before.every((name) => readdirSync(data).includes(name)),
      'nothing was removed',
    )
  }

  await t.test('without its pepper it refuses to start, and with it serves as before', async (t) => {
    const peppers = join(data, 'peppers')
    await rename(peppers, `${peppers}.away`)
    await startIsRefused(t, /The file "peppers" of the data folder is gone/)
    await writeFile(peppers, `1:${Buffer.alloc(32, 5).toString('base64')}\n`)
    await startIsRefused(t, /Pepper 1 is not the one this site was made with/)
    await writeFile(peppers, 'nonsense\n')
    await startIsRefused(t, /The file "peppers" of the data folder must be/)
    await rename(`${peppers}.away`, peppers)
  })

  await t.test(
    'threat 42: without its data it refuses to start and says so: no second first start',
    async (t) => {
      const aof = join(data, 'appendonlydir')
      await rename(aof, `${aof}.away`)
      await startIsRefused(t, /data was lost. Restore/)
      await startIsRefused(t, /data was lost. Restore/)
      await rm(aof, { recursive: true })
      await rename(`${aof}.away`, aof)
      server = await start()
      await keyIsAsItWas(t)
    },
  )

  await t.test('threat 42: FLUSHALL and restart: 503 at once, and then a refusal', async (t) => {
    const redis = new Redis((await readFile(join(data, 'redis.socket'), 'utf8')).trim())
    await redis.flushall()
    redis.disconnect()
    const answer = await ask(server, 'GET', '/v1/me', first)
    t.match(answer, { status: 503, body: { code: 'site_missing' } })
    t.same(await stop(server), { code: 0, signal: null })
    await startIsRefused(t, /data was lost. Restore/)
  })
})
