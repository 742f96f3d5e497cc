// Revocation by administrators and services: one key, selected keys, all of a user. All on the site: revocation-of-all.

import t from 'tap'
import { startSite } from '../support/site.ts'
import {
  administratorsKey,
  assertProblem,
  auditEvents,
  expiryOfApiKey,
  type Headers,
  send,
  sendText,
  serviceWith,
  stateOf,
  verify,
} from './evidence.ts'

const site = await startSite(t)
const other = await site.another()
const revoke = async (body: object, headers: Headers = site.first) =>
  await send(site, 'POST /v1/admin/api-keys/revoke', headers, body)
const unknownIds = (count: number) =>
  Array.from({ length: count }, (_, index) => `zzzzzzzz${String(index).padStart(8, '0')}`)
const isRefusedEverywhere = async (secret: string) => {
  const verdicts = await Promise.all([other, site].map((each) => verify(each, site.first, secret)))
  return verdicts.every(({ active, code }) => active === false && code === 'credential_invalid')
}

t.test('one key, revoked on one instance, is refused by the very next verification on another', async (t) => {
  const [key, kept] = [await site.mint('one'), await site.mint('one')]
  t.match(await verify(other, site.first, key.secret), { active: true, id: key.id })
  const answer = await send(site, `DELETE /v1/admin/api-keys/${key.id}`, site.first)
  t.match(await verify(other, site.first, key.secret), { active: false, code: 'credential_invalid' })
  t.equal(answer.statusCode, 204)
  t.equal(answer.body, '')
  t.equal(await expiryOfApiKey(site.server, key.id), -2, 'its record is gone')
  t.match(await verify(other, site.first, kept.secret), { active: true, id: kept.id })

  const before = await stateOf(site.server)
  for (const id of [key.id, ...unknownIds(1)]) {
    assertProblem(t, await send(site, `DELETE /v1/admin/api-keys/${id}`, site.first), 'api_key_not_found')
  }
  for (const id of ['x', `${key.id}x`, '%2e', key.secret]) {
    assertProblem(t, await send(site, `DELETE /v1/admin/api-keys/${id}`, site.first), 'request_invalid')
  }
  t.same(await stateOf(site.server), before)
})

t.test(
  'selected keys of several users are refused everywhere at once; unknown and repeated ids count once',
  async (t) => {
    const selected = [await site.mint('some-1'), await site.mint('some-2'), await site.mint('some-2')]
    const kept = await site.mint('some-2')
    const ids = selected.map(({ id }) => id)
    const answer = await revoke({ ids: [...ids, ...ids, ...unknownIds(3)] })
    const refused = await Promise.all(selected.map(({ secret }) => isRefusedEverywhere(secret)))
    t.equal(answer.statusCode, 200)
    t.same(answer.json(), { revoked: 3 })
    t.same(refused, [true, true, true])
    t.match(await verify(other, site.first, kept.secret), { active: true })
    const before = await stateOf(site.server)
    t.same((await revoke({ ids })).json(), { revoked: 0 })
    t.same(await stateOf(site.server), before, 'what is gone already leaves no event')
  },
)

t.test('a thousand ids go in one call, one more is refused whole', async (t) => {
  const key = await site.mint('thousandth')
  const before = await stateOf(site.server)
  assertProblem(t, await revoke({ ids: [key.id, ...unknownIds(1000)] }), 'request_invalid')
  t.same(await stateOf(site.server), before)
  t.same((await revoke({ ids: [...unknownIds(999), key.id] })).json(), { revoked: 1 })
  t.ok(await isRefusedEverywhere(key.secret))
})

t.test('all keys of a user are refused everywhere at once; keys made afterwards are good', async (t) => {
  const keys = [await site.mint('Whole'), await site.mint('whole'), await site.mint('whole')]
  const kept = await site.mint('whole-2')
  const answer = await revoke({ user: 'WHOLE' })
  const refused = await Promise.all(keys.map(({ secret }) => isRefusedEverywhere(secret)))
  t.same(answer.json(), { revoked: 3 })
  t.same(refused, [true, true, true])
  for (const { id } of keys) t.equal(await expiryOfApiKey(site.server, id), -2, 'the records are gone, too')
  t.match(await verify(other, site.first, kept.secret), { active: true })
  const later = await site.mint('whole')
  t.match(await verify(other, site.first, later.secret), { active: true, id: later.id })
  const { items } = (await send(site, 'GET /v1/api-keys', later.headers)).json()
  t.equal(items.length, 1)
})

t.test('a user who does not exist, or cannot, is said so and nothing changes', async (t) => {
  await site.mint('existing')
  const before = await stateOf(site.server)
  assertProblem(t, await revoke({ user: 'nobody' }), 'user_not_found')
  assertProblem(t, await revoke({ user: ' existing' }), 'user_name_invalid')
  assertProblem(t, await revoke({ user: 'a'.repeat(129) }), 'request_invalid')
  t.same(await stateOf(site.server), before)
})

t.test('each revocation is audited once, with who, whose and what', async (t) => {
  const administrator = await administratorsKey(site, 'auditing@example.org')
  const [first, second, third] = [await site.mint('aud'), await site.mint('aud'), await site.mint('aud')]
  const ours = async () =>
    (await auditEvents(site.server)).filter(
      ({ action, subject }) => subject === 'aud' && /^api-keys?\.revoked$/.test(action),
    )
  await send(site, `DELETE /v1/admin/api-keys/${first.id}`, administrator.headers)
  await revoke({ ids: [second.id, second.id] })
  await revoke({ user: 'aud' })
  const service = {
    actor: { kind: 'service', name: 'first', id: 'first' },
    address: '127.0.0.1',
    subject: 'aud',
  }
  const user = { kind: 'user', name: 'auditing@example.org', id: administrator.id }
  t.same(await ours(), [
    { ...service, actor: user, action: 'api-key.revoked', details: { id: first.id, number: first.number } },
    { ...service, action: 'api-key.revoked', details: { id: second.id, number: second.number } },
    { ...service, action: 'api-keys.revoked', details: { scope: 'user', listed: 1 } },
  ])
  t.ok(await isRefusedEverywhere(third.secret))
})

t.test('a body says one thing: mixed, empty or unclear forms are refused and nothing changes', async (t) => {
  const { id } = await site.mint('clear')
  const site_ = { all: true, site: 'Latchkey' }
  const bodies = [
    {},
    [],
    { ids: [] },
    { ids: id },
    { ids: [id, 7] },
    { ids: [id, 'short'] },
    { ids: [id, `${id}x`] },
    { ids: [[id]] },
    { user: '' },
    { user: ['clear'] },
    { ids: [id], user: 'clear' },
    { ids: [id], ...site_ },
    { user: 'clear', ...site_ },
    { all: false },
    { all: true },
    { ...site_, all: false },
    { ...site_, all: 'true' },
    { ...site_, all: 1 },
    { site: 'Latchkey' },
    { all: true, site: null },
    { ...site_, confirm: true },
    { ID: [id] },
  ]
  const before = await stateOf(site.server)
  for (const body of bodies) assertProblem(t, await revoke(body), 'request_invalid', JSON.stringify(body))
  for (const [text, code] of [
    ['null', 'request_invalid'],
    [`{"ids":["${id}"],"__proto__":{"all":true}}`, 'body_malformed'],
    [`{"ids":["${id}"]`, 'body_malformed'],
  ] as const) {
    const answer = await sendText(site, 'POST /v1/admin/api-keys/revoke', site.first, text)
    assertProblem(t, answer, code, text)
  }
  t.same(await stateOf(site.server), before)
})

t.test('users, and services without the permission, revoke nobody; nothing changes', async (t) => {
  const victim = await site.mint('spared')
  const callers = [
    [(await site.mint('plain')).headers, 'role_missing'],
    [victim.headers, 'role_missing'],
    [await serviceWith(site, 'not-revoking', ['verify', 'sessions', 'mint', 'admin']), 'permission_missing'],
    [{}, 'credential_missing'],
  ] as const
  const before = await stateOf(site.server)
  for (const [headers, code] of callers) {
    assertProblem(t, await revoke({ ids: [victim.id] }, headers), code)
    assertProblem(t, await revoke({ user: 'spared' }, headers), code)
    assertProblem(t, await revoke({ all: true, site: 'Latchkey' }, headers), code)
    assertProblem(t, await send(site, `DELETE /v1/admin/api-keys/${victim.id}`, headers), code)
  }
  t.same(await stateOf(site.server), before)
  t.match(await verify(other, site.first, victim.secret), { active: true })
})

t.test("an administrator's key and a service with revoke may revoke, in every form", async (t) => {
  const revoking = await serviceWith(site, 'revoking', ['revoke'])
  for (const [index, headers] of [(await administratorsKey(site, 'boss')).headers, revoking].entries()) {
    const user = `ended-${index}`
    const keys = [await site.mint(user), await site.mint(user), await site.mint(user)]
    const [first, second] = keys
    const one = await send(site, `DELETE /v1/admin/api-keys/${first?.id}`, headers)
    t.equal(one.statusCode, 204)
    t.same((await revoke({ ids: [second?.id] }, headers)).json(), { revoked: 1 })
    t.same((await revoke({ user }, headers)).json(), { revoked: 1 })
    for (const { secret } of keys) t.ok(await isRefusedEverywhere(secret))
    assertProblem(t, await send(site, 'GET /v1/admin/jobs/AAAAAAAA', headers), 'job_not_found')
    assertProblem(t, await send(site, 'GET /v1/admin/jobs/short', headers), 'request_invalid')
  }
})
