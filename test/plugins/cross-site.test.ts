// Writes that a browser makes for a page of another site. Browsers remember Basic credentials, so it is refused for
// every kind of caller, before anything else is looked at.

import t from 'tap'
import {
  administratorsKey,
  assertProblem,
  type Headers,
  send,
  serviceWith,
  stateOf,
} from '../routes/evidence.ts'
import { signInAs } from '../support/sign-in.ts'
import { publicUrl, startSite } from '../support/site.ts'
import { callOf, isGuarded, readDocument } from './document.ts'
import { assertRawProblem, exchange } from './over-socket.ts'

const site = await startSite(t)
const victim = await site.mint('victim')
const other = await site.mint('victim')
const host = new URL(publicUrl).host

const callers: Readonly<Record<string, Headers>> = {
  'a user by key': victim.headers,
  'a user by bearer token': { authorization: `Bearer ${victim.secret}` },
  'an administrator': (await administratorsKey(site)).headers,
  'a service with everything': site.first,
  'a service with one permission': await serviceWith(site, 'gateway', ['verify']),
  'an administrator in a session': (await signInAs(site, 'signed-in@example.org', ['admin'])).headers,
  nobody: {},
}

/** Every route that writes, with a request that would be obeyed. */
const writes: readonly [string, object | undefined][] = [
  ['PUT /v1/settings', { sessionIdleMinutes: 77 }],
  ['POST /v1/users/victim/api-keys', { description: 'mine now' }],
  ['POST /v1/users/newcomer/api-keys', undefined],
  ['POST /v1/verify', { credential: victim.secret }],
  [`PATCH /v1/api-keys/${other.id}`, { description: 'mine now' }],
  [`DELETE /v1/api-keys/${other.id}`, undefined],
  ['POST /v1/admin/api-keys/revoke', { ids: [other.id] }],
  ['POST /v1/admin/api-keys/revoke', { user: 'victim' }],
  ['POST /v1/admin/api-keys/revoke', { all: true, site: 'Latchkey' }],
  [`DELETE /v1/admin/api-keys/${other.id}`, undefined],
  ['PATCH /v1/admin/users/victim', { roles: ['admin'] }],
  ['POST /v1/admin/services', { name: 'backdoor', permissions: ['admin'] }],
  ['DELETE /v1/admin/services/gateway', undefined],
]

const signs: readonly Headers[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: '' },
  { origin: 'http://localhost' },
  { origin: 'http://localhost:3001' },
  { origin: 'http://localhost:3000.evil.example' },
  { origin: 'http://evil.example/http://localhost:3000' },
  { origin: 'http://localhost:3000@evil.example' },
  { origin: 'http://localhost:3000, https://evil.example' },
  { origin: 'file://' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'something-new' },
  { 'sec-fetch-site': '' },
  { 'sec-fetch-site': 'same-origin, cross-site' },
  { 'sec-fetch-site': 'cross-site', origin: publicUrl },
  { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
]

t.test(
  'threat 1: a write for a page of another site is refused for every caller on every route',
  async (t) => {
    let refused = 0
    const before = await stateOf(site.server)
    for (const [caller, headers] of Object.entries(callers)) {
      for (const [write, body] of writes) {
        for (const sign of signs) {
          const answer = await send(site, write, { host, ...headers, ...sign }, body)
          if (answer.statusCode === 403 && answer.json().code === 'cross_site_write') refused++
          else t.fail(`${caller}: ${write} with ${JSON.stringify(sign)} was answered ${answer.statusCode}`)
        }
      }
      const [sign] = signs
      const answer = await send(
        site,
        'PUT /v1/settings',
        { host, ...headers, ...sign },
        { apiKeysAllowed: false },
      )
      assertProblem(t, answer, 'cross_site_write', caller)
    }
    t.equal(refused, Object.keys(callers).length * writes.length * signs.length)
    t.same(await stateOf(site.server), before)
  },
)

t.test('threat 1: a page of another site that reads gets no leave to look at the answer', async (t) => {
  for (const sign of signs) {
    const answer = await send(site, 'GET /v1/me', { host, ...victim.headers, ...sign })
    t.equal(answer.statusCode, 200)
    const cors = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))
    t.same(cors, [])
  }
  const preflight = await send(site, 'OPTIONS /v1/settings', {
    host,
    origin: 'https://evil.example',
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'content-type,authorization',
  })
  assertProblem(t, preflight, 'not_found')
})

t.test('threat 1: a request that names no host has no own origin', async (t) => {
  const url = await site.listen()
  const before = await stateOf(site.server)
  for (const origin of ['null', 'https://evil.example']) {
    const answer = await exchange(url, {
      start: 'DELETE /v1/admin/services/gateway HTTP/1.0',
      headers: [`Authorization: ${site.first.authorization}`, 'Host:', `Origin: ${origin}`],
    })
    assertRawProblem(t, answer, 'cross_site_write', origin)
  }
  t.same(await stateOf(site.server), before)
})

t.test('threat 1: no route that takes a credential was forgotten', async (t) => {
  const { operations } = await readDocument(site)
  const before = await stateOf(site.server)
  let refused = 0
  for (const operation of operations) {
    if (operation.method === 'GET' || !isGuarded(operation)) continue
    for (const headers of Object.values(callers)) {
      const answer = await send(site, callOf(operation), { host, ...headers, 'sec-fetch-site': 'cross-site' })
      assertProblem(t, answer, 'cross_site_write', operation.operationId)
      refused++
    }
  }
  t.ok(refused >= 10 * Object.keys(callers).length, `${refused} calls`)
  t.same(await stateOf(site.server), before)
})

t.test('the own origin, the address that was asked, and programs pass', async (t) => {
  const passing: readonly Headers[] = [
    { host },
    { host, origin: publicUrl },
    { host, 'sec-fetch-site': 'same-origin', origin: publicUrl },
    { host, 'sec-fetch-site': 'none' },
    { host: 'keys.internal:8080', origin: 'http://keys.internal:8080' },
    { host: 'keys.internal', origin: 'https://keys.internal', 'sec-fetch-site': 'same-origin' },
    { host: 'behind.proxy:1', origin: publicUrl },
  ]
  for (const [index, headers] of passing.entries()) {
    const change = { sessionIdleMinutes: 100 + index }
    const answer = await send(site, 'PUT /v1/settings', { ...site.first, ...headers }, change)
    t.equal(answer.statusCode, 200, JSON.stringify(headers))
    t.match(answer.json(), change)
    const renamed = await send(
      site,
      `PATCH /v1/api-keys/${other.id}`,
      { ...victim.headers, ...headers },
      {
        description: `renamed ${index}`,
      },
    )
    t.match(renamed.json(), { description: `renamed ${index}` })
  }
})
