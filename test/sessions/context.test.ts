// What a session runs in shows in the very next verification of its keys, on every instance.

import t from 'tap'
import { assertProblem, auditEvents, send, stateOf } from '../routes/evidence.ts'
import { lifeLeft, startSessionSite } from '../support/session-site.ts'

const site = await startSessionSite(t)
const { server } = site
const other = await site.anotherCore()

/** What another instance says of this key. */
async function seenBy(secret: string) {
  const verdict = await other.verifier.verify(secret)
  if (!verdict.active || verdict.caller.kind !== 'session-key') throw new Error(JSON.stringify(verdict))
  const { user, context } = verdict.caller
  return { roles: user.roles, groups: user.groups, context }
}

async function change(session: string, context: object) {
  return await send(site, `PATCH /v1/sessions/${session}`, site.first, { context })
}

site.test(
  'terms of use, PHI level, groups and roles show in the very next use on another instance',
  async (t) => {
    const id = await site.hostSession('ada', { context: { phiLevel: 'limited' } })
    await send(site, 'PATCH /v1/admin/users/ada', site.first, {
      roles: ['user', 'editor'],
      groups: ['staff'],
    })
    const { secret } = await site.sessionKey(id)
    const first = await seenBy(secret)
    t.strictSame([first.roles, first.groups], [['user', 'editor'], ['staff']])
    t.match(first.context, { phiLevel: 'limited', termsOfUse: [] })

    const termsOfUse = [{ name: 'IRB 7', acceptedAt: '2026-11-23T10:00:00.000Z' }]
    const authenticated = { methods: ['pwd', 'otp'], at: '2026-11-23T10:00:00.000Z' }
    const steps: readonly (readonly [change: object, seen: object])[] = [
      [{ termsOfUse }, { context: { termsOfUse, phiLevel: 'limited' } }],
      [{ phiLevel: 'full' }, { context: { termsOfUse, phiLevel: 'full' } }],
      [{ phiLevel: 'restricted' }, { context: { phiLevel: 'restricted' } }],
      [{ phiLevel: 'not-phi' }, { context: { phiLevel: 'not-phi' } }],
      [{ groups: ['lab'] }, { groups: ['lab'], context: { groups: ['lab'], termsOfUse } }],
      [{ groups: [] }, { groups: [], context: { groups: [] } }],
      [{ roles: ['editor'] }, { roles: ['editor'], context: { roles: ['editor'] } }],
      [{ authenticated }, { roles: ['editor'], context: { authenticated } }],
      [{ termsOfUse: [] }, { context: { termsOfUse: [], authenticated } }],
    ]
    for (const [changed, seen] of steps) {
      const before = (await auditEvents(server, 'session.changed')).length
      const answer = await change(id, changed)
      t.equal(answer.statusCode, 200, answer.body)
      const now = await seenBy(secret)
      t.match(now, seen, JSON.stringify(changed))
      t.strictSame(answer.json().context, now.context, 'the answer says the same')
      const events = await auditEvents(server, 'session.changed')
      t.equal(events.length, before + 1, 'one event')
      t.match(events.at(-1), { actor: { name: 'first' }, subject: 'ada', details: { id, ...changed } })
    }
  },
)

site.test('a context narrows the roles and never adds one, be it at the beginning or later', async (t) => {
  const id = await site.hostSession('bob', { context: { roles: ['admin', 'user', 'owner'] } })
  const { secret } = await site.sessionKey(id)
  t.strictSame((await seenBy(secret)).roles, ['user'])
  t.equal((await change(id, { roles: ['admin'] })).statusCode, 200)
  t.strictSame((await seenBy(secret)).roles, [])
  assertProblem(
    t,
    await send(site, 'GET /v1/admin/users', { authorization: `Bearer ${secret}` }),
    'role_missing',
  )
  await send(site, 'PATCH /v1/admin/users/bob', site.first, { roles: ['user', 'admin'] })
  t.strictSame((await seenBy(secret)).roles, ['admin'], 'what the user gets is within the context at once')
  await send(site, 'PATCH /v1/admin/users/bob', site.first, { roles: ['user'] })
  t.strictSame((await seenBy(secret)).roles, [], 'and is taken at once')
})

site.test("the user's roles and groups show in the very next use", async (t) => {
  const { secret } = await site.sessionKey(await site.hostSession('carol'))
  for (const now of [
    { roles: ['user', 'editor'], groups: ['a'] },
    { roles: [], groups: ['a', 'b'] },
    { roles: ['user'], groups: [] },
  ]) {
    await send(site, 'PATCH /v1/admin/users/carol', site.first, now)
    t.match(await seenBy(secret), now)
  }
})

site.test('a session of a disabled user is refused, and works again when the user is enabled', async (t) => {
  const dave = await site.cookieSession('dave')
  const key = await site.sessionKey(dave.id)
  const setDisabled = async (disabled: boolean) =>
    await send(site, 'PATCH /v1/admin/users/dave', site.first, { disabled })
  t.equal((await setDisabled(true)).statusCode, 200)
  assertProblem(t, await send(site, 'GET /v1/me', key.headers), 'user_disabled')
  assertProblem(t, await send(site, 'GET /v1/session', dave.headers), 'user_disabled')
  assertProblem(t, await send(site, 'POST /v1/session-keys', dave.headers, {}), 'user_disabled')
  const before = await stateOf(server)
  const opened = await send(site, 'POST /v1/users/dave/sessions', site.first, {})
  assertProblem(t, opened, 'owner_disabled', 'nor is another one opened')
  t.strictSame(await stateOf(server), before)
  t.match(await other.verifier.verify(key.secret), { active: false, code: 'user_disabled' })
  t.equal((await setDisabled(false)).statusCode, 200)
  t.equal((await send(site, 'GET /v1/me', key.headers)).statusCode, 200)
  t.equal((await send(site, 'GET /v1/session', dave.headers)).statusCode, 200)
})

site.test('the deletion of a user ends the sessions, and a new user of the name has none', async (t) => {
  const eve = await site.cookieSession('eve')
  const key = await site.sessionKey(eve.id)
  const hosted = await site.hostSession('eve')
  t.equal((await send(site, 'DELETE /v1/admin/users/eve', site.first)).statusCode, 204)
  for (const id of [eve.id, hosted]) t.equal(await lifeLeft(server, id), -2)
  assertProblem(t, await send(site, 'GET /v1/me', key.headers), 'credential_invalid')
  assertProblem(t, await send(site, 'GET /v1/session', eve.headers), 'credential_invalid')
  t.match(await other.verifier.verify(key.secret), { active: false, code: 'credential_invalid' })
  assertProblem(t, await send(site, `POST /v1/sessions/${hosted}/touch`, site.first), 'session_not_found')

  await site.mint('eve')
  assertProblem(t, await send(site, 'GET /v1/me', key.headers), 'credential_invalid')
  t.strictSame((await send(site, 'GET /v1/users/eve/sessions', site.first)).json().items, [])
})

site.test('contexts that are none are refused, and nothing is changed', async (t) => {
  const id = await site.hostSession('frank')
  const before = await stateOf(server)
  for (const context of [
    { phiLevel: 'everything' },
    { roles: 'admin' },
    { roles: ['a b'] },
    { roles: Array.from({ length: 65 }, (_, index) => `role-${index}`) },
    { groups: ['x', 'x'] },
    { termsOfUse: [{ name: 'x' }] },
    { termsOfUse: [{ name: 'x', acceptedAt: 'yesterday' }] },
    { authenticated: { methods: [] } },
    { impersonating: { kind: 'user', name: 'root' } },
    { user: 'root' },
  ]) {
    assertProblem(t, await change(id, context), 'request_invalid', JSON.stringify(context))
    const opened = await send(site, 'POST /v1/users/frank/sessions', site.first, { context })
    assertProblem(t, opened, 'request_invalid', JSON.stringify(context))
  }
  t.strictSame(await stateOf(server), before)
})

site.test('changes at once are all done, one after another', async (t) => {
  const id = await site.hostSession('grace')
  const { secret } = await site.sessionKey(id)
  const answers = await Promise.all([
    change(id, { phiLevel: 'full' }),
    change(id, { groups: ['lab'] }),
    change(id, { roles: ['user'] }),
    change(id, { termsOfUse: [{ name: 'x', acceptedAt: '2026-11-23T10:00:00.000Z' }] }),
    change(id, { authenticated: { methods: ['otp'], at: '2026-11-23T10:00:00.000Z' } }),
  ])
  for (const answer of answers) t.equal(answer.statusCode, 200)
  t.match((await seenBy(secret)).context, {
    phiLevel: 'full',
    groups: ['lab'],
    roles: ['user'],
    termsOfUse: [{ name: 'x' }],
    authenticated: { methods: ['otp'] },
  })
})
