// PATCH /v1/admin/users/{user}: roles, groups, disabled, and that each shows in the very next verification.

import t from 'tap'
import { startSite } from '../support/site.ts'
import {
  administratorsKey,
  assertProblem,
  auditEvents,
  type Headers,
  send,
  sendText,
  serviceWith,
  stateOf,
  verify,
} from './evidence.ts'

const site = await startSite(t)
const other = await site.another()
const patch = async (user: string, change?: object, headers: Headers = site.first) =>
  await send(site, `PATCH /v1/admin/users/${encodeURIComponent(user)}`, headers, change)

t.test(
  'new roles and groups are answered, and show in the very next verification on every instance',
  async (t) => {
    const key = await site.mint('Ada@Example.org')
    const changes = [
      { roles: ['user', 'admin'], groups: ['lab:read', 'team/a.b-c', 'x@example.org'] },
      { groups: [] },
      { roles: [] },
      { roles: ['r'.repeat(64)], groups: Array.from({ length: 64 }, (_, index) => `g${index}`) },
    ]
    let expected = { name: 'Ada@Example.org', roles: ['user'] as string[], groups: [] as string[] }
    for (const change of changes) {
      expected = { ...expected, ...change }
      const answer = await patch('ada@example.ORG', change)
      const verdicts = [
        await verify(other, site.first, key.secret),
        await verify(site, site.first, key.secret),
        (await send(other, 'GET /v1/me', key.headers)).json(),
      ]
      t.equal(answer.statusCode, 200)
      const { createdAt, ...user } = answer.json()
      t.same(user, { id: key.id.slice(0, 8), disabled: false, ...expected })
      t.equal(new Date(createdAt).toISOString(), createdAt)
      for (const verdict of verdicts) t.same(verdict.user, { id: user.id, ...expected })
    }
  },
)

t.test('the role admin opens and closes what is for administrators at once', async (t) => {
  const key = await site.mint('on-and-off')
  const ask = async () => await send(other, 'GET /v1/admin/services', key.headers)
  assertProblem(t, await ask(), 'role_missing')
  await patch('on-and-off', { roles: ['admin'] })
  t.equal((await ask()).statusCode, 200)
  await patch('on-and-off', { roles: ['Admin', 'administrator', 'admin.', 'user'] })
  assertProblem(t, await ask(), 'role_missing', 'only the very word counts')
})

t.test("a disabled user's keys are refused everywhere at once, and good again when enabled", async (t) => {
  const key = await site.mint('leaver')
  const disabled = await patch('leaver', { disabled: true })
  const verdict = await verify(other, site.first, key.secret)
  t.match(disabled.json(), { name: 'leaver', disabled: true, roles: ['user'] })
  t.match(verdict, { active: false, code: 'user_disabled' })
  t.notOk('user' in verdict, 'a refusal says nothing about the user')
  for (const instance of [other, site]) {
    assertProblem(t, await send(instance, 'GET /v1/me', key.headers), 'user_disabled')
    assertProblem(t, await send(instance, 'GET /v1/api-keys', key.headers), 'user_disabled')
  }
  t.match((await patch('leaver', { groups: ['kept'] })).json(), { disabled: true })
  t.match((await patch('leaver', { disabled: false })).json(), { disabled: false, groups: ['kept'] })
  t.match(await verify(other, site.first, key.secret), { active: true, id: key.id })
})

t.test('only the holder of a whole key learns that its user is disabled', async (t) => {
  const key = await site.mint('discreet')
  const stale = await site.mint('discreet')
  await send(site, `DELETE /v1/admin/api-keys/${stale.id}`, site.first)
  await patch('discreet', { disabled: true })
  t.match(await verify(site, site.first, key.secret), { code: 'user_disabled' })
  t.match(await verify(site, site.first, stale.secret), { code: 'credential_invalid' })
})

t.test('an unknown user is 404, a name that cannot be 400, and nobody is made', async (t) => {
  const before = await stateOf(site.server)
  assertProblem(t, await patch('nobody', { disabled: true }), 'user_not_found')
  assertProblem(t, await patch('a\u0000', { disabled: true }), 'user_name_invalid')
  assertProblem(t, await patch('a'.repeat(129), { disabled: true }), 'request_invalid')
  t.same(await stateOf(site.server), before)
})

t.test(
  'a change that is empty, of the wrong shape or of something else is refused and nothing changes',
  async (t) => {
    await site.mint('shaped')
    const beside = { groups: ['beside'] }
    const bodies = [
      {},
      [],
      [beside],
      { ...beside, roles: 'admin' },
      { ...beside, roles: null },
      { ...beside, roles: [7] },
      { ...beside, roles: [''] },
      { ...beside, roles: ['a b'] },
      { ...beside, roles: ['ä'] },
      { ...beside, roles: ['a\n'] },
      { ...beside, roles: ['user', 'user'] },
      { ...beside, roles: ['r'.repeat(65)] },
      { groups: Array.from({ length: 65 }, (_, index) => `g${index}`) },
      { ...beside, disabled: 'true' },
      { ...beside, disabled: 1 },
      { ...beside, disabled: null },
      { ...beside, name: 'grace' },
      { ...beside, id: 'AAAAAAAA' },
      { ...beside, generation: 'AAAAAAAA' },
      { ...beside, toString: 'x' },
    ]
    const before = await stateOf(site.server)
    for (const body of bodies)
      assertProblem(t, await patch('shaped', body), 'request_invalid', JSON.stringify(body))
    assertProblem(t, await patch('shaped'), 'request_invalid', 'no body')
    const poison = '{"groups":["beside"],"__proto__":{"roles":["admin"]}}'
    assertProblem(
      t,
      await sendText(site, 'PATCH /v1/admin/users/shaped', site.first, poison),
      'body_malformed',
    )
    t.same(await stateOf(site.server), before)
  },
)

t.test('only a service with admin changes users; keys do not, even the own', async (t) => {
  const own = await site.mint('ambitious')
  const callers = [
    [own.headers, 'credential_not_accepted'],
    [(await administratorsKey(site)).headers, 'credential_not_accepted'],
    [await serviceWith(site, 'not-admin', ['verify', 'sessions', 'mint', 'revoke']), 'permission_missing'],
    [{}, 'credential_missing'],
  ] as const
  const before = await stateOf(site.server)
  for (const [headers, code] of callers) {
    assertProblem(t, await patch('ambitious', { roles: ['admin'] }, headers), code)
    assertProblem(t, await patch('nobody', { roles: ['admin'] }, headers), code, 'nor whether a user exists')
  }
  t.same(await stateOf(site.server), before)
  const administrating = await serviceWith(site, 'only-admin', ['admin'])
  t.equal((await patch('ambitious', { groups: ['g'] }, administrating)).statusCode, 200)
})

t.test('a change is one audit event with who and what', async (t) => {
  await site.mint('Audited')
  const earlier = await auditEvents(site.server, 'user.changed')
  const change = { roles: ['user', 'editor'], disabled: true }
  await patch('audited', change)
  const events = await auditEvents(site.server, 'user.changed')
  t.equal(events.length, earlier.length + 1)
  t.same(
    events.filter(({ subject }) => subject === 'Audited'),
    [
      {
        actor: { kind: 'service', name: 'first', id: 'first' },
        address: '127.0.0.1',
        action: 'user.changed',
        subject: 'Audited',
        details: change,
      },
    ],
  )
})

t.test('changes of different members at once all arrive, and none brings a revoked key back', async (t) => {
  const key = await site.mint('busy')
  const answers = await Promise.all([
    patch('busy', { roles: ['user', 'editor'] }),
    send(other, 'PATCH /v1/admin/users/busy', site.first, { groups: ['g'] }),
    send(other, 'POST /v1/admin/api-keys/revoke', site.first, { user: 'busy' }),
    patch('busy', { disabled: false }),
  ])
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200, 200],
  )
  t.match(await verify(other, site.first, key.secret), { active: false, code: 'credential_invalid' })
  const later = await site.mint('busy')
  t.match(await verify(site, site.first, later.secret), {
    active: true,
    user: { roles: ['user', 'editor'], groups: ['g'] },
  })
})
