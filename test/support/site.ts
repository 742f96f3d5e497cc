// A site for one tap test: its own Redis, an open core, and one or more instances of the app over it, as server.ts makes
// them. `inject` talks to an instance without a socket; `listen` gives a real address.

import { Writable } from 'node:stream'
import { pino } from 'pino'
import type { Test } from 'tap'
import { type App, buildApp } from '../../app.ts'
import { type Core, createCore } from '../../domain/core.ts'
import { parsePeppers } from '../../domain/pepper.ts'
import { createPepperRing } from '../../domain/pepper-ring.ts'
import { createSite, openSite } from '../../domain/site.ts'
import { plainError } from '../../logger.ts'
import { createLastUsed, type LastUsed } from '../../store/last-used.ts'
import { connectRedis, type RedisAccess, type RedisOptionsOfSite } from '../../store/redis.ts'
import { startRedis, type TestRedis } from './redis.ts'

export const testPeppers = `1:${Buffer.alloc(32, 1).toString('base64')}`
export const publicUrl = 'http://localhost:3000'

/** A loaded machine may take seconds for what takes milliseconds: only tests of the deadlines set short ones. */
const patience = { readDeadlineMs: 20_000, writeDeadlineMs: 20_000 } as const

export interface Instance {
  readonly app: App
  readonly core: Core
  readonly redis: RedisAccess
  readonly lastUsed: LastUsed
  /** What was logged, one JSON line each. */
  readonly logged: string[]
  /** Listens on a free port of the loopback. @returns `http://127.0.0.1:port` */
  listen(): Promise<string>
  close(): Promise<void>
}

export interface InstanceOptions {
  readonly url: string
  readonly peppers?: string
  readonly redis?: Omit<RedisOptionsOfSite, 'url'>
  readonly trustedProxies?: readonly string[]
}

/** One more instance over a Redis. It is not opened: see `startSite`. Closed after the test. */
export async function startInstance(t: Test, options: InstanceOptions): Promise<Instance> {
  const peppers = parsePeppers(options.peppers ?? testPeppers)
  if (typeof peppers === 'string') throw new Error(peppers)
  const redis = connectRedis({ url: options.url, ...patience, ...options.redis })
  const core = createCore(redis, createPepperRing(peppers))
  const lastUsed = createLastUsed(core.stores.apiKeys, core.stores.services)
  const logged: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk))
      done()
    },
  })
  const logger = pino({ level: 'trace', base: null, serializers: { err: plainError } }, destination)
  const config = { publicUrl, trustedProxies: options.trustedProxies ?? [], mayUseInsecureCookies: false }
  const app = await buildApp({ config, core, lastUsed, logger, version: '0.0.0' })
  let isClosed = false
  const close = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    await app.close()
    await redis.close()
  }
  t.teardown(close)
  const listen = async (): Promise<string> => await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, core, redis, lastUsed, logged, listen, close }
}

export interface TestSite extends Instance {
  readonly server: TestRedis
  /** Authorization header of the service `first`, which has every permission. */
  readonly first: { readonly authorization: string }
  /** Another instance over the same Redis, open. */
  another(): Promise<Instance>
  /** Mints an API key by the service `first`. */
  mint(user?: string, description?: string): Promise<MintedForTest>
}

export interface MintedForTest {
  readonly id: string
  readonly secret: string
  readonly number: number
  readonly expiresAt: string | null
  readonly headers: { readonly authorization: string }
}

export function basic(user: string, password: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

/** A new site on a new Redis, with creation of API keys switched on, and one open instance. */
export async function startSite(t: Test, options: Omit<InstanceOptions, 'url'> = {}): Promise<TestSite> {
  const server = await startRedis(t)
  const start = async (): Promise<Instance> => {
    const instance = await startInstance(t, { url: server.url, ...options })
    await new Promise<void>((resolve) => instance.redis.onReady(resolve))
    return instance
  }
  const instance = await start()
  const created = await createSite(instance.core)
  if (created === null) throw new Error('the test found a site on a new Redis')
  await openSite(instance.core)
  await instance.app.ready()
  const first = basic('first', created.firstSecret.reveal())
  const answer = await instance.app.inject({
    method: 'PUT',
    url: '/v1/settings',
    headers: first,
    payload: { apiKeysAllowed: true },
  })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return {
    ...instance,
    server,
    first,
    async another() {
      const other = await start()
      await openSite(other.core)
      await other.app.ready()
      return other
    },
    async mint(user = 'ada@example.org', description = '') {
      const minted = await instance.app.inject({
        method: 'POST',
        url: `/v1/users/${encodeURIComponent(user)}/api-keys`,
        headers: first,
        payload: { description },
      })
      if (minted.statusCode !== 201) throw new Error(minted.body)
      const key: Omit<MintedForTest, 'headers'> = minted.json()
      return { ...key, headers: basic('apikey', key.secret) }
    },
  }
}
