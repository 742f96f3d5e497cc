// POST /v1/users/{user}/api-keys: what is refused, and that it changes nothing.

import t from 'tap'
import { startSite } from '../support/site.ts'
import { administratorsKey, assertProblem, send, sendText, serviceWith, stateOf } from './evidence.ts'

const site = await startSite(t)
const minter = await serviceWith(site, 'minter', ['mint'])
const pathOf = (user: string) => `POST /v1/users/${encodeURIComponent(user)}/api-keys`
const mint = async (user: string, body?: object, headers = site.first) =>
  await send(site, pathOf(user), headers, body)

t.test('threat 15: no body gives a key another owner, expiry, role or any other member', async (t) => {
  const extras = [
    'user',
    'expiresAt',
    'role',
    'roles',
    'id',
    'number',
    'kind',
    'secret',
    'scopes',
    'toString',
  ]
  const before = await stateOf(site.server)
  for (const extra of extras) {
    const answer = await mint('ada@example.org', { description: 'd', [extra]: 'admin' })
    assertProblem(t, answer, 'request_invalid', extra)
    t.match(answer.json().detail, `"${extra}"`)
  }
  for (const body of ['[]', '"d"', '7', '[{"description":"d"}]']) {
    assertProblem(
      t,
      await sendText(site, pathOf('ada@example.org'), site.first, body),
      'request_invalid',
      body,
    )
  }
  t.same(await stateOf(site.server), before)
})

t.test('threat 17: no body reaches a prototype', async (t) => {
  const bodies = [
    ['{"__proto__": {"description": "d"}}', 'body_malformed'],
    ['{"description": "d", "__proto__": null}', 'body_malformed'],
    ['{"\\u005f\\u005fproto__": {"role": "admin"}}', 'body_malformed'],
    ['{"description": {"__proto__": {"admin": true}}}', 'body_malformed'],
    ['{"constructor": {"prototype": {"admin": true}}}', 'body_malformed'],
    ['{"constructor": "d"}', 'request_invalid'],
    ['{"prototype": {}}', 'request_invalid'],
  ] as const
  const before = await stateOf(site.server)
  for (const [body, code] of bodies) {
    assertProblem(t, await sendText(site, pathOf('ada@example.org'), site.first, body), code, body)
  }
  t.same(await stateOf(site.server), before)
  t.notOk('admin' in {} || 'role' in {} || 'description' in {})
})

t.test(
  'threat 45: a body that names another subject is refused; the path alone says whose key it is',
  async (t) => {
    const ada = await site.mint('ada@example.org')
    const before = await stateOf(site.server)
    const answer = await mint('grace@example.org', { user: 'ada@example.org' })
    assertProblem(t, answer, 'request_invalid')
    const own = await send(site, `PATCH /v1/api-keys/${ada.id}`, ada.headers, {
      description: 'x',
      user: 'grace',
    })
    assertProblem(t, own, 'request_invalid')
    t.same(await stateOf(site.server), before)
  },
)

t.test('switched off, nobody mints and no user is made, but existing keys keep working', async (t) => {
  const key = await site.mint('ada@example.org')
  await send(site, 'PUT /v1/settings', site.first, { apiKeysAllowed: false })
  const before = await stateOf(site.server)
  for (const user of ['ada@example.org', 'nobody-yet@example.org']) {
    assertProblem(t, await mint(user), 'api_keys_not_allowed')
  }
  t.same(await stateOf(site.server), before)
  t.equal((await send(site, 'GET /v1/me', key.headers)).statusCode, 200)
  const renamed = await send(site, `PATCH /v1/api-keys/${key.id}`, key.headers, { description: 'still mine' })
  t.equal(renamed.statusCode, 200)
  await send(site, 'PUT /v1/settings', site.first, { apiKeysAllowed: true })
  t.equal((await mint('ada@example.org')).statusCode, 201)
})

t.test('threat 49: minting for an administrator takes the permission admin', async (t) => {
  const { id } = await administratorsKey(site, 'chief@example.org')
  const both = await serviceWith(site, 'trusted', ['mint', 'admin'])
  const before = await stateOf(site.server)
  for (const name of ['chief@example.org', 'CHIEF@example.org']) {
    const answer = await mint(name, {}, minter)
    assertProblem(t, answer, 'permission_missing')
    t.match(answer.json().detail, 'admin')
  }
  t.same(await stateOf(site.server), before)
  const minted = await mint('chief@example.org', {}, both)
  t.equal(minted.statusCode, 201)
  t.equal(minted.json().id.slice(0, 8), id.slice(0, 8))
})

t.test('a disabled user gets no key', async (t) => {
  await site.mint('left@example.org')
  await send(site, 'PATCH /v1/admin/users/left%40example.org', site.first, { disabled: true })
  const before = await stateOf(site.server)
  assertProblem(t, await mint('left@example.org'), 'owner_disabled')
  t.same(await stateOf(site.server), before)
  await send(site, 'PATCH /v1/admin/users/left%40example.org', site.first, { disabled: false })
  t.equal((await mint('left@example.org')).statusCode, 201)
})
