import { join } from 'node:path'
import t from 'tap'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { ask, makeWorkplace, startServer } from '../support/server-process.ts'
import { testPeppers } from '../support/site.ts'
import { mint, startSiteOver } from '../support/site-over.ts'
import { until } from '../support/until.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

for (const shiftMs of [hourMs, -hourMs]) {
  t.test(
    `threat 38: an instance whose clock is ${shiftMs / hourMs} h off decides by the time of Redis`,
    async (t) => {
      const redis = await startRedis(t)
      const site = await startSiteOver(t, redis)
      const { environment } = await makeWorkplace(t)
      const shifted = {
        ...environment,
        REDIS_URL: redis.url,
        LATCHKEY_PEPPERS: testPeppers,
        TEST_CLOCK_SHIFT_MS: String(shiftMs),
      }
      const preload = join(import.meta.dirname, '..', 'support', 'shifted-clock.ts')
      const server = await startServer(t, shifted, { nodeArguments: ['--import', preload] })
      const logged = () => /"time":(\d+)/.exec(server.output.stdout)?.[1]
      await until('it logs', () => logged() !== undefined)
      t.ok(Math.abs(Number(logged()) - Date.now() - shiftMs) < hourMs / 2, 'its clock is wrong indeed')

      await ask(server, 'PUT', '/v1/settings', site.first, { apiKeyLifetimeDays: 7 })
      const earliestMs = await redisTimeMs(redis)
      const minted = await ask(server, 'POST', '/v1/users/ada/api-keys', site.first, {})
      const latestMs = await redisTimeMs(redis)
      t.equal(minted.status, 201)
      const createdMs = Date.parse(String(minted.body.createdAt))
      const expiresMs = Date.parse(String(minted.body.expiresAt))
      t.ok(createdMs >= earliestMs && createdMs <= latestMs, 'created by the time of Redis')
      t.equal(expiresMs - createdMs, 7 * dayMs, 'and expires exactly seven days later')
      const record = recordName(String(minted.body.id))
      t.equal(await redis.command('PEXPIRETIME', record), expiresMs, 'in Redis, too')

      // A key whose record Redis would keep: the instance alone decides.
      const key = await mint(site, 'bob')
      const isTaken = async (expiresInMs: number): Promise<boolean> => {
        const stored = JSON.parse(String(await redis.command('GET', recordName(key.id))))
        const changed = { ...stored, e: (await redisTimeMs(redis)) + expiresInMs }
        await redis.command('SET', recordName(key.id), JSON.stringify(changed))
        const used = await ask(server, 'GET', '/v1/me', key.headers)
        t.equal(used.status, used.body.active === true ? 200 : 401)
        const verdict = await ask(server, 'POST', '/v1/verify', site.first, { credential: key.secret })
        t.equal(verdict.body.active, used.status === 200)
        return used.status === 200
      }
      t.equal(await isTaken(hourMs / 2), true, 'half an hour left')
      t.equal(await isTaken(-hourMs / 2), false, 'half an hour over')
      t.equal(await isTaken(10_000), true, 'ten seconds left')
      t.equal(await isTaken(0), false, 'over at this very millisecond')

      const service = await ask(server, 'POST', '/v1/admin/services', site.first, {
        name: 'short',
        permissions: ['verify'],
        lifetimeDays: 1,
      })
      const serviceCreatedMs = Date.parse(String(service.body.createdAt))
      t.equal(await redis.command('PEXPIRETIME', 'lk:{site}:service:short'), serviceCreatedMs + dayMs)
    },
  )
}

async function redisTimeMs(redis: TestRedis): Promise<number> {
  const [seconds, microseconds] = (await redis.command('TIME')) as string[]
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

function recordName(id: string): string {
  return `lk:{${id[0]}}:k:${id.slice(0, 8)}:${id.slice(8)}`
}
