// Sessions that a host application opens for the users it signed in.

import t from 'tap'
import { assertProblem, auditEvents, send, serviceWith, stateOf } from '../routes/evidence.ts'
import { lifeLeft, startSessionSite, touchedAt } from '../support/session-site.ts'

const site = await startSessionSite(t)
const { server } = site
const host = await serviceWith(site, 'host', ['sessions'])
const trusted = await serviceWith(site, 'trusted', ['sessions', 'admin'])
const others = [
  await serviceWith(site, 'gateway', ['verify', 'mint', 'admin']),
  await serviceWith(site, 'watcher', ['revoke']),
]

site.test('a session is opened for a user who is made when unknown, and has no cookie', async (t) => {
  const context = {
    phiLevel: 'limited',
    groups: ['lab'],
    termsOfUse: [{ name: 'x', acceptedAt: '2026-11-23T10:00:00.000Z' }],
    authenticated: { methods: ['sso'], at: '2026-11-23T10:00:00.000Z' },
  }
  const order = { context, idleMinutes: 5, absoluteHours: 1 }
  const answer = await send(site, 'POST /v1/users/Ada%20Lovelace/sessions', host, order)
  t.equal(answer.statusCode, 201)
  t.equal(answer.headers['set-cookie'], undefined)
  const { id, ...opened } = answer.json()
  t.match(id, /^[0-9A-Za-z]{16}$/)
  t.match(opened, { user: 'Ada Lovelace', address: '127.0.0.1', service: 'host' })
  t.strictSame(opened.context, { roles: ['user'], ...context })
  t.notOk('csrfToken' in opened || 'cookie' in opened || 'secret' in opened)
  t.strictSame(
    (await auditEvents(server))
      .filter(({ subject }) => subject === 'Ada Lovelace')
      .map(({ action }) => action),
    ['user.created', 'session.opened'],
  )
  const bare = await send(site, 'POST /v1/users/ada%20lovelace/sessions', host)
  t.equal(bare.statusCode, 201, 'the body may be left out')
  t.match(bare.json(), {
    user: 'Ada Lovelace',
    context: { phiLevel: 'not-phi', authenticated: { methods: [] } },
  })
})

site.test('threat 49: acting for an administrator needs the permission admin', async (t) => {
  await site.cookieSession('boss', ['user', 'admin'])
  const opened = await send(site, 'POST /v1/users/boss/sessions', trusted, {})
  t.equal(opened.statusCode, 201)
  const { id } = opened.json()
  const before = await stateOf(server)
  for (const [call, body] of [
    ['POST /v1/users/boss/sessions', {}],
    ['POST /v1/users/BOSS/sessions', { context: { roles: ['user'] } }],
    [`POST /v1/sessions/${id}/session-keys`, {}],
    [`PATCH /v1/sessions/${id}`, { context: { phiLevel: 'full' } }],
  ] as const) {
    assertProblem(t, await send(site, call, host, body), 'permission_missing', call)
  }
  t.strictSame(await stateOf(server), before)
  t.equal((await send(site, `POST /v1/sessions/${id}/session-keys`, trusted, {})).statusCode, 201)
  t.equal(
    (await send(site, `PATCH /v1/sessions/${id}`, trusted, { context: { groups: [] } })).statusCode,
    200,
  )

  const bob = (await send(site, 'POST /v1/users/bob/sessions', host, {})).json()
  await send(site, 'PATCH /v1/admin/users/bob', site.first, { roles: ['user', 'admin'] })
  const minted = await send(site, `POST /v1/sessions/${bob.id}/session-keys`, host, {})
  assertProblem(t, minted, 'permission_missing', 'who has become one')
})

site.test('services without the permission sessions open, touch, change and end nothing', async (t) => {
  const id = await site.hostSession('carol')
  const before = await stateOf(server)
  for (const service of others) {
    for (const [call, body] of [
      ['POST /v1/users/carol/sessions', {}],
      ['GET /v1/users/carol/sessions', undefined],
      ['DELETE /v1/users/carol/sessions', undefined],
      [`GET /v1/sessions/${id}`, undefined],
      [`PATCH /v1/sessions/${id}`, { context: {} }],
      [`POST /v1/sessions/${id}/touch`, undefined],
      [`POST /v1/sessions/${id}/session-keys`, {}],
      [`DELETE /v1/sessions/${id}`, undefined],
    ] as const) {
      assertProblem(t, await send(site, call, service, body), 'permission_missing', call)
    }
  }
  t.strictSame(await stateOf(server), before)
})

site.test('a touch begins the idle timeout anew, at once', async (t) => {
  const id = await site.hostSession('carol', { idleMinutes: 10 })
  const before = await touchedAt(server, id)
  const first = (await send(site, `GET /v1/sessions/${id}`, host)).json()
  const touched = await send(site, `POST /v1/sessions/${id}/touch`, host)
  t.equal(touched.statusCode, 200)
  t.ok((await touchedAt(server, id)) > before)
  t.ok(touched.json().lastUsedAt > first.lastUsedAt)
  t.ok(touched.json().expiresAt > first.expiresAt)
  t.equal(touched.json().absoluteEnd, first.absoluteEnd)
  const left = await lifeLeft(server, id)
  t.ok(left > 9 * 60_000 && left <= 600_000)
})

site.test('sessions of a user are listed, newest first; one is ended, or all', async (t) => {
  const ids = [
    await site.hostSession('dave'),
    (await site.cookieSession('dave')).id,
    await site.hostSession('dave'),
  ]
  const keys = await Promise.all(ids.map((id) => site.sessionKey(id)))
  const list = async () => (await send(site, 'GET /v1/users/dave/sessions', host)).json().items
  const listed = await list()
  t.strictSame(
    listed.map(({ id }: { id: string }) => id),
    ids.toReversed(),
  )
  t.strictSame(
    listed.map(({ service }: { service: unknown }) => service),
    ['first', null, 'first'],
  )
  for (const item of listed) t.notOk('digest' in item || 'csrfToken' in item)

  const [first, second, third] = ids
  t.equal((await send(site, `DELETE /v1/sessions/${second}`, host)).statusCode, 204)
  assertProblem(t, await send(site, `DELETE /v1/sessions/${second}`, host), 'session_not_found', 'again')
  t.strictSame(
    (await list()).map(({ id }: { id: string }) => id),
    [third, first],
  )
  t.strictSame((await send(site, 'DELETE /v1/users/dave/sessions', host)).json(), { ended: 2 })
  t.strictSame((await send(site, 'DELETE /v1/users/dave/sessions', host)).json(), { ended: 0 })
  t.strictSame(await list(), [])
  for (const { secret } of keys) t.equal((await site.core.verifier.verify(secret)).active, false)
  const ended = (await auditEvents(server, 'session.ended')).filter(({ subject }) => subject === 'dave')
  t.strictSame(
    ended.map(({ actor, details }) => [actor.name, details?.id ?? details?.all]),
    [
      ['host', second],
      ['host', true],
    ],
    'one event each, none for nothing',
  )
})

site.test('a session key of a host session verifies with its context, and its expiry', async (t) => {
  const id = await site.hostSession('erin', {
    context: { phiLevel: 'full' },
    absoluteHours: 1,
    idleMinutes: 600,
  })
  const minted = await send(site, `POST /v1/sessions/${id}/session-keys`, host, { description: 'notebook' })
  t.equal(minted.statusCode, 201)
  const { absoluteEnd } = (await send(site, `GET /v1/sessions/${id}`, host)).json()
  t.match(minted.json(), {
    kind: 'session-key',
    user: 'erin',
    description: 'notebook',
    expiresAt: absoluteEnd,
  })
  t.match(minted.json().secret, /^lks_[0-9A-Za-z]{66}$/)
  const verdict = (
    await send(site, 'POST /v1/verify', site.first, { credential: minted.json().secret })
  ).json()
  t.match(verdict, {
    active: true,
    kind: 'session-key',
    id: minted.json().id,
    user: { name: 'erin' },
    expiresAt: absoluteEnd,
    context: { phiLevel: 'full' },
  })
})

site.test('orders that make no sense are refused, and no user is made', async (t) => {
  const before = await stateOf(server)
  for (const body of [
    { idleMinutes: 0 },
    { idleMinutes: -1 },
    { idleMinutes: 1.5 },
    { idleMinutes: '5' },
    { idleMinutes: 10_081 },
    { absoluteHours: 0 },
    { absoluteHours: 721 },
    { expiresAt: '2099-01-01T00:00:00Z' },
    { hasCookie: true },
    { user: 'boss' },
    [],
  ]) {
    const answer = await send(site, 'POST /v1/users/unheard-of/sessions', host, body)
    assertProblem(t, answer, 'request_invalid', JSON.stringify(body))
  }
  const name = encodeURIComponent(' a name with a space before it')
  assertProblem(t, await send(site, `POST /v1/users/${name}/sessions`, host, {}), 'user_name_invalid')
  t.strictSame(await stateOf(server), before)
})
