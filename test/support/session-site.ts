// A site for tests of sessions: session keys are switched on, sessions are opened in one call, with a cookie or by a
// host application, and after every test no session in Redis is without an end.

import type { Test } from 'tap'
import type { SessionCaller } from '../../domain/caller.ts'
import { type Core, createCore } from '../../domain/core.ts'
import { idLength } from '../../domain/credential.ts'
import { csrfTokenOf } from '../../domain/csrf.ts'
import { openSession, type SessionOrder } from '../../domain/sessions.ts'
import { openSite } from '../../domain/site.ts'
import { changeUser, ensureUser } from '../../domain/users.ts'
import type { Origin } from '../../store/audit.ts'
import { names } from '../../store/names.ts'
import { connectRedis } from '../../store/redis.ts'
import type { TestRedis } from './redis.ts'
import type { SignedIn } from './sign-in.ts'
import { basic, type Instance, type InstanceOptions, startSite, type TestSite } from './site.ts'

/** As the domain's own functions take it where no request is made. */
export const testOrigin: Origin = {
  actor: { kind: 'service', name: 'first', id: 'first' },
  address: '192.0.2.1',
}

/** Races keep a slow machine busy for longer than a deadline: what they are about is not availability. */
const patience = { readDeadlineMs: 20_000, writeDeadlineMs: 20_000 } as const

export interface SessionKeyForTest {
  readonly id: string
  readonly secret: string
  readonly headers: { readonly authorization: string }
}

export interface CookieSession extends Omit<SignedIn, 'renewedBy'> {
  /** Value of the cookie. */
  readonly cookie: string
}

export interface SessionSite extends TestSite {
  /** A subtest, at whose end every session has a time to live, and no key is left without its session. */
  test(name: string, body: (t: Test) => Promise<void>): void
  /** Opens a session with a cookie for a user with these roles, without the work of a password. */
  cookieSession(
    user: string,
    roles?: readonly string[],
    order?: Partial<SessionOrder>,
  ): Promise<CookieSession>
  /** Opens a session as a host application does. @returns its public id */
  hostSession(user: string, order?: object): Promise<string>
  /** Mints a key of this session by the service `first`. */
  sessionKey(session: string): Promise<SessionKeyForTest>
  /** The rules and the verifier of another instance, with connections of its own, but without its routes. */
  anotherCore(): Promise<Core>
}

/** @param settings beside `apiKeysAllowed` and `sessionKeysAllowed` */
export async function startSessionSite(
  t: Test,
  options: Omit<InstanceOptions, 'url'> & { readonly settings?: object } = {},
): Promise<SessionSite> {
  const { settings, ...rest } = options
  const site = await startSite(t, { redis: patience, ...rest })
  const inject = async (method: 'POST' | 'PUT', url: string, payload: object) => {
    const answer = await site.app.inject({ method, url, headers: site.first, payload })
    if (answer.statusCode >= 300) throw new Error(answer.body)
    return answer.json()
  }
  await inject('PUT', '/v1/settings', { sessionKeysAllowed: true, ...settings })
  return {
    ...site,
    test(name, body) {
      t.test(name, async (t) => {
        await body(t)
        await assertEverySessionEnds(t, site.server)
      })
    },
    async cookieSession(user, roles = ['user'], order = {}) {
      return await openCookieSession(site, user, roles, order)
    },
    async hostSession(user, order = {}) {
      const { id } = await inject('POST', `/v1/users/${encodeURIComponent(user)}/sessions`, order)
      return id
    },
    async sessionKey(session) {
      const { id, secret } = await inject('POST', `/v1/sessions/${session}/session-keys`, {})
      return { id, secret, headers: basic('apikey', secret) }
    },
    async anotherCore() {
      const redis = connectRedis({ url: site.server.url, ...patience })
      t.teardown(async () => await redis.close())
      await new Promise<void>((resolve) => redis.onReady(resolve))
      const core = createCore(redis, site.core.peppers)
      await openSite(core)
      return core
    },
  }
}

async function openCookieSession(
  { core }: Pick<Instance, 'core'>,
  user: string,
  roles: readonly string[],
  order: Partial<SessionOrder>,
): Promise<CookieSession> {
  const { site, nowMs } = await core.stores.site.read()
  if (site === null) throw new Error('there is no site')
  await ensureUser(core, user, nowMs, testOrigin)
  await changeUser(core, user, { roles }, testOrigin)
  const owner = await ensureUser(core, user, nowMs, testOrigin)
  const how = { origin: testOrigin, site: site.record, nowMs, service: null }
  const opened = await openSession(core, owner, { context: {}, ...order, hasCookie: true }, how)
  if (opened === 'contended' || opened.cookie === null) throw new Error('no session was opened')
  const cookie = opened.cookie.reveal()
  const token = csrfTokenOf(core.peppers.newest, opened.cookie)
  return { id: opened.id, cookie, headers: { cookie: `latchkey=${cookie}`, 'x-csrf-token': token } }
}

/** The caller that this cookie makes, as a route gets it. */
export async function callerBy({ core }: Pick<Instance, 'core'>, cookie: string): Promise<SessionCaller> {
  const verdict = await core.verifier.verify(cookie, ['session'])
  if (!verdict.active || verdict.caller.kind !== 'session') throw new Error('the cookie does not verify')
  return verdict.caller
}

/** Redis name of the hash of a session. */
export function hashOf(session: string): string {
  return names.session(session.slice(0, idLength), session.slice(idLength))
}

/** Milliseconds; -2: there is no such session. */
export async function lifeLeft(server: TestRedis, session: string): Promise<number> {
  return Number(await server.command('PTTL', hashOf(session)))
}

/** When the session was last used or touched, in milliseconds since the epoch. */
export async function touchedAt(server: TestRedis, session: string): Promise<number> {
  return Number(await server.command('HGET', hashOf(session), 'touched'))
}

/** Moves the last use of a session into the past, as if it had not been used since. */
export async function lastUsedBefore(server: TestRedis, session: string, ms: number): Promise<void> {
  const [seconds] = (await server.command('TIME')) as [string]
  await server.command('HSET', hashOf(session), 'touched', Number(seconds) * 1000 - ms)
}

/** Names of the hashes of all sessions. */
export async function sessionHashes(server: TestRedis): Promise<readonly string[]> {
  return (await server.command('KEYS', 'lk:{?}:s:*')) as string[]
}

export async function assertEverySessionEnds(t: Test, server: TestRedis): Promise<void> {
  const endless: string[] = []
  for (const name of await sessionHashes(server)) {
    const [ttl, fields] = await Promise.all([server.command('PTTL', name), server.command('HKEYS', name)])
    const isWhole = (fields as string[]).includes('session') && (fields as string[]).includes('touched')
    // -2: it ended between the two commands.
    if (ttl !== -2 && !(Number(ttl) > 0 && isWhole)) endless.push(name)
  }
  t.strictSame(endless, [], 'every session has a time to live and its record')
}

/** Headers of a request that comes from this address through the trusted proxy; see `trustedProxies`. */
export function from(address: string): { readonly 'x-forwarded-for': string } {
  return { 'x-forwarded-for': address }
}

/** What addresses are simulated by: requests by `inject` come from the loopback. */
export const testProxies = ['127.0.0.1'] as const
