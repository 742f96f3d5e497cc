// A user's own API keys by API key: list, read, rename, revoke. What guards them: own-keys-guarded.

import t from 'tap'
import { startSite } from '../support/site.ts'
import { assertProblem, expiryOfApiKey, send, stateOf } from './evidence.ts'

const site = await startSite(t)
const unknownId = 'zzzzzzzzzzzzzzzz'
const describe = { description: 'described anew' }

t.test('a user lists and reads all of the own keys, with every member but the secret', async (t) => {
  const first = await site.mint('lister', 'one')
  const keys = [first, await site.mint('LISTER', 'two'), await site.mint('lister')]
  await site.mint('somebody-else')
  const list = await send(site, 'GET /v1/api-keys', first.headers)
  t.equal(list.statusCode, 200)
  t.equal(list.headers['cache-control'], 'no-store')
  const expected = keys.map(({ id, number, expiresAt }, index) => ({
    id,
    number,
    kind: 'api-key',
    user: 'lister',
    description: ['one', 'two', ''][index],
    expiresAt,
    lastUsedAt: null,
  }))
  const { items, nextCursor } = list.json()
  t.equal(nextCursor, null)
  t.same(
    items.map(({ createdAt: _, ...rest }: { createdAt: string }) => rest),
    expected,
  )
  for (const item of items) {
    t.equal(new Date(item.createdAt).toISOString(), item.createdAt)
    const answer = await send(site, `GET /v1/api-keys/${item.id}`, first.headers)
    t.equal(answer.statusCode, 200)
    t.same(answer.json(), item)
  }
})

t.test('every carrier of a key opens the own keys', async (t) => {
  const { id, secret } = await site.mint('carrier')
  for (const headers of [{ authorization: `Bearer ${secret}` }, { apikey: secret }]) {
    const answer = await send(site, 'GET /v1/api-keys', headers)
    t.equal(answer.json().items[0].id, id)
  }
})

t.test('lastUsedAt is null until a use was written, then the time of the latest use', async (t) => {
  const [used, verified, unused] = [await site.mint('user'), await site.mint('user'), await site.mint('user')]
  const lastUses = async () => {
    const { items } = (await send(site, 'GET /v1/api-keys', used.headers)).json()
    return items.map(({ lastUsedAt }: { lastUsedAt: string | null }) => lastUsedAt)
  }
  const startedAt = new Date().toISOString()
  await send(site, 'POST /v1/verify', site.first, { credential: verified.secret })
  await send(site, 'GET /v1/me', used.headers)
  await site.lastUsed.flush()
  const [first, second, third] = await lastUses()
  t.ok(first >= startedAt && first <= new Date().toISOString(), first)
  t.ok(second >= startedAt && second <= first, second)
  t.equal(third, null)

  await site.lastUsed.flush()
  const [later] = await lastUses()
  t.ok(later > first, 'listing was a use, too')
  const own = await send(site, `GET /v1/api-keys/${unused.id}`, used.headers)
  t.equal(own.json().lastUsedAt, null)
})

t.test('a key is described anew, and keeps its number, its times and its expiry', async (t) => {
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: 30 })
  const key = await site.mint('renamer', 'before')
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: null })
  const path = `/v1/api-keys/${key.id}`
  const before = (await send(site, `GET ${path}`, key.headers)).json()
  for (const description of ['after', '', '😀'.repeat(256), '=cmd|"\r\n<b>']) {
    const answer = await send(site, `PATCH ${path}`, key.headers, { description })
    t.equal(answer.statusCode, 200)
    t.same(answer.json(), { ...before, description })
    t.same((await send(site, `GET ${path}`, key.headers)).json(), { ...before, description })
    t.equal(await expiryOfApiKey(site.server, key.id), Date.parse(key.expiresAt ?? ''))
  }
})

t.test('a description that is missing, too long, or not alone is refused and nothing changes', async (t) => {
  const key = await site.mint('refused', 'kept')
  const before = await stateOf(site.server)
  const bodies = [
    {},
    { description: 'd'.repeat(257) },
    { description: null },
    { description: 7 },
    { description: 'd', expiresAt: null },
    { description: 'd', user: 'grace' },
    { description: 'd', id: unknownId },
    [describe],
  ]
  for (const body of bodies) {
    const answer = await send(site, `PATCH /v1/api-keys/${key.id}`, key.headers, body)
    assertProblem(t, answer, 'request_invalid', JSON.stringify(body))
  }
  const none = await send(site, `PATCH /v1/api-keys/${key.id}`, key.headers)
  assertProblem(t, none, 'request_invalid', 'no body')
  t.same(await stateOf(site.server), before)
})

t.test('a revoked key is refused at once; revoking it again finds nothing', async (t) => {
  const [key, revoked] = [await site.mint('revoker'), await site.mint('revoker')]
  const path = `/v1/api-keys/${revoked.id}`
  const answer = await send(site, `DELETE ${path}`, key.headers)
  t.equal(answer.statusCode, 204)
  t.equal(answer.body, '')
  t.equal(answer.headers['cache-control'], 'no-store')
  assertProblem(t, await send(site, 'GET /v1/me', revoked.headers), 'credential_invalid')
  const before = await stateOf(site.server)
  assertProblem(t, await send(site, `GET ${path}`, key.headers), 'api_key_not_found')
  assertProblem(t, await send(site, `PATCH ${path}`, key.headers, describe), 'api_key_not_found')
  assertProblem(t, await send(site, `DELETE ${path}`, key.headers), 'api_key_not_found')
  t.same(await stateOf(site.server), before)
  const { items } = (await send(site, 'GET /v1/api-keys', key.headers)).json()
  t.same(
    items.map(({ id }: { id: string }) => id),
    [key.id],
  )
})

t.test('a key may revoke itself: its next use is refused', async (t) => {
  const key = await site.mint('self-revoker')
  t.equal((await send(site, `DELETE /v1/api-keys/${key.id}`, key.headers)).statusCode, 204)
  assertProblem(t, await send(site, `DELETE /v1/api-keys/${key.id}`, key.headers), 'credential_invalid')
})
