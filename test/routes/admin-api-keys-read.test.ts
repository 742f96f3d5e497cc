// GET /v1/admin/api-keys/{id}: anybody's API key, for those who may see all.

import t from 'tap'
import { names } from '../../store/names.ts'
import { signInAs } from '../support/sign-in.ts'
import { startSite } from '../support/site.ts'
import { administratorsKey, assertProblem, send, serviceWith } from './evidence.ts'

const site = await startSite(t)
const other = await site.another()
const administrator = await administratorsKey(site, 'chief')
const read = async (id: string, headers: Readonly<Record<string, string>> = site.first) =>
  await send(other, `GET /v1/admin/api-keys/${id}`, headers)

t.test('it is the same as in the list, never with the secret or its digest', async (t) => {
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: 90 })
  const limited = await site.mint('Ada@example.org', 'nightly import')
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: null })
  const used = await site.mint('Ada@example.org')
  await send(site, 'GET /v1/me', used.headers)
  await site.lastUsed.flush()
  const { items } = (await send(site, 'GET /v1/admin/api-keys?user=ada@example.org', site.first)).json()
  t.equal(items.length, 2)
  for (const item of items) {
    const answer = await read(item.id)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['cache-control'], 'no-store')
    t.strictSame(answer.json(), item)
  }
  const answer = await read(limited.id)
  t.match(answer.json(), {
    id: limited.id,
    number: limited.number,
    kind: 'api-key',
    user: 'Ada@example.org',
    description: 'nightly import',
    expiresAt: limited.expiresAt,
    lastUsedAt: null,
  })
  t.type((await read(used.id)).json().lastUsedAt, 'string')
  const { d: digest } = JSON.parse(
    String(await site.server.command('GET', names.apiKey(limited.id.slice(0, 8), limited.id.slice(8)))),
  )
  t.notOk(answer.body.includes(limited.secret) || answer.body.includes(digest))
})

t.test(
  'administrators and services that revoke or administer may; nobody else, not even the owner',
  async (t) => {
    const key = await site.mint('owner')
    const session = await signInAs(site, 'root', ['user', 'admin'])
    const allowed = [
      administrator.headers,
      { cookie: session.headers.cookie },
      await serviceWith(site, 'revoking', ['revoke']),
      await serviceWith(site, 'administering', ['admin']),
    ]
    for (const headers of allowed)
      t.match((await read(key.id, headers)).json(), { id: key.id, user: 'owner' })
    const somebodyElse = await site.mint('somebody-else')
    const theirSession = await signInAs(site, 'visitor')
    for (const headers of [key.headers, somebodyElse.headers, { cookie: theirSession.headers.cookie }])
      assertProblem(t, await read(key.id, headers), 'role_missing')
    const blind = await serviceWith(site, 'blind', ['verify', 'sessions', 'mint'])
    assertProblem(t, await read(key.id, blind), 'permission_missing')
    assertProblem(t, await read(key.id, {}), 'credential_missing')
  },
)

t.test('who may not see it is not told whether there is one', async (t) => {
  const key = await site.mint('quiet')
  const answers = [await read(key.id, key.headers), await read('zzzzzzzzzzzzzzzz', key.headers)]
  t.same(answers[0]?.json(), answers[1]?.json())
  t.equal(answers[0]?.statusCode, 403)
})

t.test('an id of no key is 404, and what is no id is 400', async (t) => {
  const key = await site.mint('known')
  const user = key.id.slice(0, 8)
  for (const id of ['zzzzzzzzzzzzzzzz', `${user}zzzzzzzz`, `zzzzzzzz${key.id.slice(8)}`])
    assertProblem(t, await read(id), 'api_key_not_found', id)
  const malformed = [
    user,
    `${key.id}x`,
    key.id.slice(1),
    `${key.id.slice(0, 15)}-`,
    `${user}%3A${key.id.slice(9)}`,
    `${key.id}%0A`,
    `${'%20'.repeat(16)}`,
    encodeURIComponent('ä'.repeat(16)),
    encodeURIComponent(key.secret),
  ]
  for (const id of malformed) {
    const answer = await read(id)
    assertProblem(t, answer, 'request_invalid', id)
    t.notOk(answer.body.includes(key.secret))
  }
})

t.test(
  'a revoked or expired key, and one of a user who was deleted, is 404, as if it had never been',
  async (t) => {
    const end = async (path: string, payload?: object) =>
      (await send(site, path, site.first, payload)).statusCode
    const revoked = await site.mint('revoked')
    t.equal((await read(revoked.id)).statusCode, 200)
    t.equal(await end(`DELETE /v1/admin/api-keys/${revoked.id}`), 204)
    assertProblem(t, await read(revoked.id), 'api_key_not_found', 'revoked')

    await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: 7 })
    const [gone, overdue] = [await site.mint('expired'), await site.mint('expired')]
    await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: null })
    const nameOf = ({ id }: { readonly id: string }) => names.apiKey(id.slice(0, 8), id.slice(8))
    await site.server.command('PEXPIREAT', nameOf(gone), Date.now() - 1)
    const record = JSON.parse(String(await site.server.command('GET', nameOf(overdue))))
    const past = JSON.stringify({ ...record, e: Date.now() - 60_000 })
    await site.server.command('SET', nameOf(overdue), past, 'KEEPTTL')
    for (const key of [gone, overdue]) assertProblem(t, await read(key.id), 'api_key_not_found', 'expired')

    const dead = await site.mint('dead-generation')
    const text = String(await site.server.command('GET', nameOf(dead)))
    t.equal(await end('POST /v1/admin/api-keys/revoke', { user: 'dead-generation' }), 200)
    await site.server.command('SET', nameOf(dead), text)
    assertProblem(
      t,
      await read(dead.id),
      'api_key_not_found',
      'of an older generation, its record still there',
    )

    const orphan = await site.mint('deleted')
    t.equal(await end('DELETE /v1/admin/users/deleted'), 204)
    assertProblem(t, await read(orphan.id), 'api_key_not_found', 'of a deleted user')
  },
)
