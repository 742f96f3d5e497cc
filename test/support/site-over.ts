// A site over a Redis that the test started itself, with the settings it likes: for tests of what Redis does to us.

import type { Test } from 'tap'
import { createCore } from '../../domain/core.ts'
import { parsePeppers } from '../../domain/pepper.ts'
import { createPepperRing } from '../../domain/pepper-ring.ts'
import { changeSettings } from '../../domain/settings.ts'
import { createSite, openSite } from '../../domain/site.ts'
import { connectRedis, type RedisOptionsOfSite } from '../../store/redis.ts'
import type { TestRedis } from './redis.ts'
import { basic, type Instance, startInstance, testPeppers } from './site.ts'
import { until } from './until.ts'

export interface SiteOver {
  readonly instance: Instance
  /** Authorization header of the service `first`, which has every permission. */
  readonly first: { readonly authorization: string }
  /** One more open instance. */
  another(options?: OpenInstanceOptions): Promise<Instance>
}

export interface OpenInstanceOptions {
  /** Where it finds Redis, when not on the server's own socket. */
  readonly url?: string
  readonly peppers?: string
  readonly redis?: Omit<RedisOptionsOfSite, 'url'>
}

/** Creates the site, with creation of API keys switched on, and opens an instance with these options over it. */
export async function startSiteOver(
  t: Test,
  server: TestRedis,
  options: OpenInstanceOptions = {},
): Promise<SiteOver> {
  const first = basic('first', await createSiteOn(server))
  const another = async (more: OpenInstanceOptions = {}): Promise<Instance> => {
    const instance = await startConnectedInstance(t, { url: server.url, ...more })
    await openSite(instance.core)
    await instance.app.ready()
    return instance
  }
  return { instance: await another(options), first, another }
}

/** @returns the first secret */
async function createSiteOn({ url }: TestRedis): Promise<string> {
  const peppers = parsePeppers(testPeppers)
  if (typeof peppers === 'string') throw new Error(peppers)
  const redis = connectRedis({ url })
  await until('it connects', () => redis.isReady)
  const core = createCore(redis, createPepperRing(peppers))
  const created = await createSite(core)
  if (created === null) throw new Error('the test found a site on a new Redis')
  await openSite(core)
  const origin = { actor: { kind: 'system', name: 'test', id: '' }, address: '' } as const
  await changeSettings(core, { apiKeysAllowed: true, sessionKeysAllowed: true }, null, origin)
  await redis.close()
  return created.firstSecret.reveal()
}

async function startConnectedInstance(
  t: Test,
  options: OpenInstanceOptions & { url: string },
): Promise<Instance> {
  const instance = await startInstance(t, options)
  await until('an instance is connected', () => instance.redis.isReady)
  return instance
}

export interface Minted {
  readonly id: string
  readonly secret: string
  readonly headers: { readonly authorization: string }
}

/** Asks for an API key. @returns the key, or the answer's code when it is not 201 */
export async function tryToMint(
  { instance, first }: Pick<SiteOver, 'instance' | 'first'>,
  user = 'ada@example.org',
): Promise<Minted | string> {
  const url = `/v1/users/${encodeURIComponent(user)}/api-keys`
  const answer = await instance.app.inject({ method: 'POST', url, headers: first, payload: {} })
  if (answer.statusCode !== 201) return String(answer.json().code)
  const { id, secret }: Omit<Minted, 'headers'> = answer.json()
  return { id, secret, headers: basic('apikey', secret) }
}

/** Mints an API key. */
export async function mint(site: Pick<SiteOver, 'instance' | 'first'>, user?: string): Promise<Minted> {
  const minted = await tryToMint(site, user)
  if (typeof minted === 'string') throw new Error(`no key was minted: ${minted}`)
  return minted
}

/** How an instance answers to a key or a session: 200, or the status and the code of the problem. */
export async function useKey(
  { app }: Pick<Instance, 'app'>,
  { headers }: { readonly headers: Readonly<Record<string, string>> },
): Promise<string> {
  const answer = await app.inject({ url: '/v1/me', headers: { ...headers } })
  return answer.statusCode === 200 ? '200' : `${answer.statusCode} ${answer.json().code}`
}

/** @returns a one-time invitation of the user */
export async function invite(
  { instance, first }: Pick<SiteOver, 'instance' | 'first'>,
  user: string,
): Promise<string> {
  const payload = { user }
  const answer = await instance.app.inject({
    method: 'POST',
    url: '/v1/admin/users',
    headers: first,
    payload,
  })
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return answer.json().invitation
}

/** A session of the user, as the headers of a request that reads, and a session key of it. */
export async function openSession(site: Pick<SiteOver, 'instance' | 'first'>, user: string) {
  const { app } = site.instance
  const invitation = await invite(site, user)
  const payload = { invitation, password: 'correct horse battery staple' }
  const claimed = await app.inject({ method: 'POST', url: '/v1/invitations/claim', payload })
  const [cookie] = claimed.cookies
  if (cookie === undefined) throw new Error(claimed.body)
  const headers = {
    cookie: `${cookie.name}=${cookie.value}`,
    'x-csrf-token': String(claimed.json().csrfToken),
  }
  const minted = await app.inject({ method: 'POST', url: '/v1/session-keys', headers, payload: {} })
  if (minted.statusCode !== 201) throw new Error(minted.body)
  return { headers, keyHeaders: basic('apikey', minted.json().secret) }
}
