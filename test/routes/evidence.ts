// Evidence for the tests of routes: what an answer said, what the audit log tells, and that nothing else changed.

import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import type { HTTPMethods, InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { catalogue, type ErrorCode } from '../../domain/errors.ts'
import type { AuditEvent } from '../../store/audit.ts'
import { names } from '../../store/names.ts'
import type { SiteRecord } from '../../store/records.ts'
import type { TestRedis } from '../support/redis.ts'
import { basic, type Instance, type TestSite } from '../support/site.ts'

export type Headers = Readonly<Record<string, string>>

/** Sends `METHOD /path` to an instance, without a socket. */
export async function send(
  { app }: Pick<Instance, 'app'>,
  methodAndPath: string,
  headers: Headers = {},
  payload?: InjectOptions['payload'],
): Promise<LightMyRequestResponse> {
  const [method, url] = methodAndPath.split(' ') as [HTTPMethods & InjectOptions['method'], string]
  return await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
}

/** Sends a body as it stands, for what JSON.stringify would never write. */
export async function sendText(
  instance: Pick<Instance, 'app'>,
  methodAndPath: string,
  headers: Headers,
  text: string,
): Promise<LightMyRequestResponse> {
  return await send(instance, methodAndPath, { 'content-type': 'application/json', ...headers }, text)
}

/** The whole answer is the problem document of this code, with its challenge where there is one. */
export function assertProblem(t: Test, answer: LightMyRequestResponse, code: ErrorCode, note = ''): void {
  const { status, title } = catalogue[code]
  const { detail, ...rest } = answer.json<{ readonly detail: unknown }>()
  t.same(rest, { type: `urn:latchkey:problem:${code}`, title, status, code }, `${code} ${note}`)
  t.ok(typeof detail === 'string' && detail.length > 0, 'the detail says something')
  t.equal(answer.statusCode, status)
  t.match(answer.headers['content-type'], /^application\/problem\+json\b/)
  t.equal(answer.headers['cache-control'], 'no-store')
  const challenge = answer.headers['www-authenticate']
  if (status === 401) t.match(challenge, /^Basic realm="[^"]+", charset="UTF-8"$/)
  else t.equal(challenge, undefined, 'no challenge besides 401')
}

/** Every audit event, the site's and the shards', optionally of one action; each stream in its own order. */
export async function auditEvents(
  server: TestRedis,
  action?: AuditEvent['action'],
): Promise<readonly AuditEvent[]> {
  const streams = (await namesIn(server)).filter((name) => name.endsWith(':audit')).sort()
  const events: AuditEvent[] = []
  for (const stream of streams) {
    const entries = (await server.command('XRANGE', stream, '-', '+')) as [string, [string, string]][]
    events.push(...entries.map(([, [, event]]): AuditEvent => JSON.parse(event)))
  }
  return events.filter((event) => action === undefined || event.action === action)
}

/**
 * Everything that lies in Redis, name by name, with its expiry. Left out is what changes by itself: last uses and counts of uses,
 * which are written every few seconds, and leases of jobs.
 */
export async function stateOf(server: TestRedis): Promise<Readonly<Record<string, string>>> {
  const lasting = (await namesIn(server)).filter(
    (name) => !/:used$|:job-lease:|:verifications:|:refusals:/.test(name),
  )
  return Object.fromEntries(await Promise.all(lasting.sort().map((name) => entryOf(server, name))))
}

/** Every name and value in Redis, of every type, as one text to search in. */
export async function everythingIn(server: TestRedis): Promise<string> {
  const entries = await Promise.all((await namesIn(server)).map((name) => entryOf(server, name)))
  return entries.flat().join('\n')
}

const readingOf: Readonly<Record<string, (name: string) => readonly [string, ...(string | number)[]]>> = {
  string: (name) => ['GET', name],
  hash: (name) => ['HGETALL', name],
  zset: (name) => ['ZRANGE', name, 0, -1, 'WITHSCORES'],
  stream: (name) => ['XRANGE', name, '-', '+'],
}

async function entryOf(server: TestRedis, name: string): Promise<readonly [string, string]> {
  const type = String(await server.command('TYPE', name))
  if (type === 'none') return [name, 'expired meanwhile']
  const reading = readingOf[type]
  if (reading === undefined) throw new Error(`${name} is a ${type}: say how to read it`)
  const [value, expiry] = await Promise.all([
    server.command(...reading(name)),
    server.command('PEXPIRETIME', name),
  ])
  const everything = { depth: null, maxArrayLength: null, maxStringLength: null, breakLength: Infinity }
  return [name, inspect({ value, expiry }, everything)]
}

async function namesIn(server: TestRedis): Promise<readonly string[]> {
  const found = new Set<string>()
  let cursor = '0'
  do {
    const [next, some] = (await server.command('SCAN', cursor, 'COUNT', 1000)) as [string, string[]]
    for (const name of some) found.add(name)
    cursor = next
  } while (cursor !== '0')
  return [...found]
}

export async function siteRecord(server: TestRedis): Promise<SiteRecord> {
  return JSON.parse(String(await server.command('GET', names.site)))
}

/** Milliseconds since the epoch; -1 never, -2 no such record. */
export async function expiryOfApiKey(server: TestRedis, id: string): Promise<number> {
  return Number(await server.command('PEXPIRETIME', names.apiKey(id.slice(0, 8), id.slice(8))))
}

/** Adds a service by the service `first`. @returns its Authorization header */
export async function serviceWith(site: TestSite, name: string, permissions: readonly string[]) {
  const added = await send(site, 'POST /v1/admin/services', site.first, { name, permissions })
  if (added.statusCode !== 201) throw new Error(added.body)
  return basic(name, added.json<{ readonly secret: string }>().secret)
}

/** Mints a key for a user who is an administrator, or becomes one. */
export async function administratorsKey(site: TestSite, user = 'root@example.org') {
  const key = await site.mint(user)
  const changed = await send(site, `PATCH /v1/admin/users/${encodeURIComponent(user)}`, site.first, {
    roles: ['user', 'admin'],
  })
  if (changed.statusCode !== 200) throw new Error(changed.body)
  return key
}

export async function verify(instance: Pick<Instance, 'app'>, headers: Headers, credential: string) {
  return (await send(instance, 'POST /v1/verify', headers, { credential })).json()
}

/** Asks again, for at most about ten seconds, until the answer is no longer null. */
export async function until<Value>(
  what: string,
  ask: () => Promise<Value | null> | Value | null,
): Promise<Value> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const value = await ask()
    if (value !== null) return value
    await delay(25)
  }
  throw new Error(`waited in vain for ${what}`)
}
