// Impersonation: never more than the administrator's own roles, ended by whatever takes their ground away, and always with
// both names.

import t from 'tap'
import { assertProblem, auditEvents, send, stateOf } from '../routes/evidence.ts'
import { type CookieSession, startSessionSite } from '../support/session-site.ts'
import { signedInBy, signInAs, testPassword } from '../support/sign-in.ts'

const site = await startSessionSite(t)
const { server } = site

async function setUser(user: string, change: object): Promise<void> {
  const answer = await send(site, `PATCH /v1/admin/users/${user}`, site.first, change)
  if (answer.statusCode !== 200) throw new Error(answer.body)
}

/** @returns the session by its new cookie, and a key of it */
async function impersonate(session: Pick<CookieSession, 'id' | 'headers'>, kind: string, name: string) {
  const started = await send(site, 'POST /v1/session/impersonation', session.headers, { kind, name })
  if (started.statusCode !== 200) throw new Error(started.body)
  return { ...signedInBy(started), started: started.json(), key: await site.sessionKey(session.id) }
}

const admins = [['admin'], ['user', 'admin'], ['user', 'editor', 'admin']]
const others = [[], ['user'], ['user', 'editor', 'admin'], ['user', 'owner'], ['owner', 'editor']]

site.test("threat 20: whoever is impersonated, no role exceeds the administrator's", async (t) => {
  for (const [index, roles] of admins.entries()) {
    for (const [other, rolesOfOther] of others.entries()) {
      const user = `user-${other}`
      await site.cookieSession(user, rolesOfOther)
      await setUser(user, { groups: [`group-${other}`] })
      const root = await site.cookieSession(`root-${index}`, roles)
      const { headers, key, started } = await impersonate(root, 'user', user)
      const expected = rolesOfOther.filter((role) => roles.includes(role))
      t.strictSame(started.context.roles, expected)
      for (const caller of [headers, key.headers]) {
        const me = (await send(site, 'GET /v1/me', caller)).json()
        t.strictSame(me.user.roles, expected, `${roles} as ${rolesOfOther}`)
        t.strictSame(me.user.groups, [`group-${other}`])
        t.equal(me.user.name, user)
        t.equal(me.impersonator.name, `root-${index}`)
        t.strictSame(me.context.impersonating, { kind: 'user', name: user })
      }
      const settings = await send(site, 'PUT /v1/settings', headers, { sessionIdleMinutes: 30 })
      t.equal(settings.statusCode, expected.includes('admin') ? 200 : 403)
    }
  }
})

site.test('threat 20: in a group or a role, too', async (t) => {
  for (const roles of admins) {
    const inGroup = await impersonate(await site.cookieSession('root', roles), 'group', 'lab')
    const me = (await send(site, 'GET /v1/me', inGroup.key.headers)).json()
    t.strictSame(
      me.user.roles,
      roles.filter((role) => role === 'user'),
    )
    t.strictSame([me.user.name, me.user.groups, me.impersonator.name], ['root', ['lab'], 'root'])
    assertProblem(t, await send(site, 'GET /v1/admin/users', inGroup.headers), 'role_missing')

    for (const role of roles) {
      const inRole = await impersonate(await site.cookieSession('root', roles), 'role', role)
      const as = (await send(site, 'GET /v1/me', inRole.key.headers)).json()
      t.strictSame([as.user.roles, as.user.groups], [[role], []])
    }
    const root = await site.cookieSession('root', roles)
    const before = await stateOf(server)
    const more = { kind: 'role', name: 'owner' }
    const refused = await send(site, 'POST /v1/session/impersonation', root.headers, more)
    assertProblem(t, refused, 'role_missing', 'a role the administrator lacks')
    t.strictSame(await stateOf(server), before)
  }
})

site.test(
  'threat 20: what takes the ground from an impersonation ends it in the very next use',
  async (t) => {
    const grounds = [
      ['root', { roles: ['user'] }, 'credential_invalid', { roles: ['user', 'admin'] }],
      ['root', { disabled: true }, 'user_disabled', { disabled: false }],
      ['ada', { disabled: true }, 'credential_invalid', { disabled: false }],
    ] as const
    await site.mint('ada')
    for (const kind of ['user', 'group', 'role'] as const) {
      for (const [user, change, code, back] of grounds) {
        if (user === 'ada' && kind !== 'user') continue
        const root = await site.cookieSession('root', ['user', 'admin'])
        const { headers, key } = await impersonate(root, kind, kind === 'user' ? 'ada' : 'user')
        t.equal((await send(site, 'GET /v1/me', key.headers)).statusCode, 200)
        await setUser(user, change)
        const note = `${kind}, ${user} ${JSON.stringify(change)}`
        for (const [call, caller] of [
          ['GET /v1/me', headers],
          ['GET /v1/me', key.headers],
          ['DELETE /v1/session/impersonation', headers],
          ['POST /v1/session-keys', headers],
        ] as const) {
          const body = call.startsWith('POST') ? {} : undefined
          assertProblem(t, await send(site, call, caller, body), code, `${call} ${note}`)
        }
        await setUser(user, back)
        t.equal(
          (await send(site, 'GET /v1/me', key.headers)).statusCode,
          200,
          'and stands again when it is undone',
        )
      }
    }
    const root = await site.cookieSession('root', ['user', 'admin'])
    const { key } = await impersonate(root, 'user', 'ada')
    t.equal((await send(site, 'DELETE /v1/admin/users/ada', site.first)).statusCode, 204)
    assertProblem(t, await send(site, 'GET /v1/me', key.headers), 'credential_invalid', 'the user is deleted')
    await site.mint('ada')
    assertProblem(
      t,
      await send(site, 'GET /v1/me', key.headers),
      'credential_invalid',
      'a new user of the name',
    )
  },
)

site.test('threat 20: both identities are in the access log and in the audit event', async (t) => {
  await site.mint('bob')
  const root = await site.cookieSession('root', ['user', 'admin'])
  const { id, headers, key } = await impersonate(root, 'user', 'bob')
  site.logged.length = 0
  await send(site, 'GET /v1/me', headers)
  await send(site, 'GET /v1/me', key.headers)
  const minted = (await send(site, 'POST /v1/session-keys', headers, {})).json()
  const lines = site.logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
  t.equal(lines.length, 3)
  for (const line of lines) t.match(line, { user: 'bob', impersonator: 'root', address: '127.0.0.1' })
  t.strictSame(
    lines.map((line) => line.id),
    [id, key.id, id],
  )

  const events = await auditEvents(server)
  const found = events.find(({ details }) => details?.id === minted.id)
  const actor = { kind: 'user', name: 'bob', id, impersonator: 'root' }
  t.match(found, { action: 'session-key.minted', actor, subject: 'root', address: '127.0.0.1' })
  const stopped = await send(site, 'DELETE /v1/session/impersonation', headers)
  t.equal(stopped.statusCode, 200)
  const about = (await auditEvents(server)).filter(
    ({ action, details }) => action.startsWith('impersonation.') && details?.id === id,
  )
  t.match(about, [
    { action: 'impersonation.started', actor: { name: 'root', id }, details: { kind: 'user', name: 'bob' } },
    { action: 'impersonation.stopped', actor, subject: 'root', details: { kind: 'user', name: 'bob' } },
  ])
  t.equal(about.length, 2)
})

site.test('who may not impersonate does not, and what is not there is not impersonated', async (t) => {
  await site.mint('bob')
  await site.mint('off')
  await setUser('off', { disabled: true })
  const bob = await site.cookieSession('bob')
  const root = await site.cookieSession('root', ['user', 'admin'])
  const narrowed = await site.cookieSession('root', ['user', 'admin'], { context: { roles: ['user'] } })
  const before = await stateOf(server)
  const start = 'POST /v1/session/impersonation'
  for (const [who, name, code] of [
    [bob, 'root', 'role_missing'],
    [narrowed, 'bob', 'role_missing'],
    [root, 'nobody', 'user_not_found'],
    [root, 'off', 'owner_disabled'],
  ] as const) {
    assertProblem(t, await send(site, start, who.headers, { kind: 'user', name }), code)
  }
  assertProblem(t, await send(site, 'DELETE /v1/session/impersonation', root.headers), 'not_impersonating')
  for (const body of [
    {},
    { kind: 'user' },
    { kind: 'site', name: 'x' },
    { kind: 'user', name: 'bob', user: 'x' },
  ])
    assertProblem(t, await send(site, start, root.headers, body), 'request_invalid')
  t.strictSame(await stateOf(server), before)

  const { headers } = await impersonate(root, 'role', 'admin')
  const again = await send(site, start, headers, { kind: 'user', name: 'bob' })
  assertProblem(t, again, 'already_impersonating')
})

site.test('an impersonating session has no password to change and mints no API key', async (t) => {
  await signInAs(site, 'carol')
  const root = await signInAs(site, 'boss', ['user', 'admin'])
  for (const [kind, name] of [
    ['user', 'carol'],
    ['role', 'admin'],
    ['group', 'lab'],
  ] as const) {
    const signedIn = await site.cookieSession('boss', ['user', 'admin'])
    const { headers } = await impersonate(signedIn, kind, name)
    const before = await stateOf(server)
    const change = { present: testPassword, next: 'a password of mine' }
    assertProblem(t, await send(site, 'PUT /v1/me/password', headers, change), 'impersonating')
    assertProblem(t, await send(site, 'POST /v1/api-keys', headers, {}), 'impersonating')
    t.strictSame(await stateOf(server), before)
  }
  t.equal((await send(site, 'POST /v1/api-keys', root.headers, {})).statusCode, 201)
})
