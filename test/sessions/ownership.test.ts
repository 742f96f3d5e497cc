// Sessions, session keys and users of others: there is nothing to see, nothing to end, and no telling whether there is one.

import t from 'tap'
import { assertProblem, type Headers, send, serviceWith, stateOf } from '../routes/evidence.ts'
import { startSessionSite } from '../support/session-site.ts'

const site = await startSessionSite(t)
const { server } = site
const ada = await site.cookieSession('ada')
const adaElsewhere = await site.cookieSession('ada')
const grace = await site.cookieSession('grace')
const own = await site.sessionKey(ada.id)
const elsewhere = await site.sessionKey(adaElsewhere.id)
const foreign = await site.sessionKey(grace.id)
const graceApiKey = await site.mint('grace')

site.test(
  'threat 14: a key of another session is not there, be it of somebody else or of oneself',
  async (t) => {
    const before = await stateOf(server)
    const missing = `${ada.id}${'0'.repeat(8)}`
    const bodies = new Set<string>()
    for (const id of [foreign.id, elsewhere.id, missing, `${'0'.repeat(24)}`]) {
      const answer = await send(site, `DELETE /v1/session-keys/${id}`, ada.headers)
      assertProblem(t, answer, 'session_key_not_found', id)
      bodies.add(answer.body)
    }
    t.equal(bodies.size, 1, 'the same as for none')
    t.strictSame(await stateOf(server), before)
    for (const { secret } of [own, elsewhere, foreign])
      t.equal((await site.core.verifier.verify(secret)).active, true)
  },
)

site.test('threat 14: lists show what is of this session, and sessions of this user', async (t) => {
  const idsOf = async (path: string, headers: Headers): Promise<string[]> =>
    (await send(site, `GET ${path}`, headers)).json().items.map(({ id }: { id: string }) => id)
  t.strictSame(await idsOf('/v1/session-keys', ada.headers), [own.id])
  t.strictSame((await idsOf('/v1/me/sessions', ada.headers)).toSorted(), [ada.id, adaElsewhere.id].toSorted())
  t.strictSame(await idsOf('/v1/me/sessions', grace.headers), [grace.id])
  t.strictSame(await idsOf('/v1/api-keys', ada.headers), [])
})

site.test("threat 14: another's API key is not there for a session", async (t) => {
  const before = await stateOf(server)
  for (const [call, body] of [
    [`GET /v1/api-keys/${graceApiKey.id}`, undefined],
    [`PATCH /v1/api-keys/${graceApiKey.id}`, { description: 'mine now' }],
    [`DELETE /v1/api-keys/${graceApiKey.id}`, undefined],
  ] as const) {
    assertProblem(t, await send(site, call, ada.headers, body), 'api_key_not_found', call)
  }
  t.strictSame(await stateOf(server), before)
})

/** Every way to a session that is named in the URL, or to a user's. */
const calls = [
  ['POST', '/v1/users/grace/sessions', {}],
  ['GET', '/v1/users/grace/sessions'],
  ['DELETE', '/v1/users/grace/sessions'],
  ['GET', `/v1/sessions/${grace.id}`],
  ['PATCH', `/v1/sessions/${grace.id}`, { context: { phiLevel: 'full' } }],
  ['DELETE', `/v1/sessions/${grace.id}`],
  ['POST', `/v1/sessions/${grace.id}/touch`],
  ['POST', `/v1/sessions/${grace.id}/session-keys`, {}],
  ['GET', '/v1/admin/sessions?user=grace'],
  ['DELETE', `/v1/admin/sessions/${grace.id}`],
  ['DELETE', '/v1/admin/users/grace/sessions'],
] as const

site.test(
  'threat 14: a user reaches no session by its id, and existing ones are refused like others',
  async (t) => {
    const before = await stateOf(server)
    for (const [method, path, body] of calls) {
      const paths = [
        path,
        path.replace(grace.id, '0'.repeat(16)).replace('grace', 'nobody'),
        path.replace('grace', 'ada'),
      ]
      for (const headers of [ada.headers, own.headers]) {
        const answers = await Promise.all(paths.map((each) => send(site, `${method} ${each}`, headers, body)))
        for (const answer of answers) t.equal(answer.statusCode, 403, `${method} ${path} ${answer.body}`)
        t.equal(new Set(answers.map((answer) => answer.body)).size, 1, 'the same for whatever is there')
      }
    }
    t.strictSame(await stateOf(server), before)
  },
)

site.test('threat 14: a service without the permission reaches no session either', async (t) => {
  const services = [
    await serviceWith(site, 'verifier', ['verify', 'mint']),
    await serviceWith(site, 'revoker', ['revoke']),
    await serviceWith(site, 'host', ['sessions']),
  ]
  const [verifier, revoker, host] = services
  const before = await stateOf(server)
  for (const [method, path, body] of calls) {
    const isAdmin = path.startsWith('/v1/admin')
    for (const headers of isAdmin ? [verifier, host] : [verifier, revoker]) {
      assertProblem(t, await send(site, `${method} ${path}`, headers, body), 'permission_missing', path)
    }
  }
  t.strictSame(await stateOf(server), before)
  t.equal((await send(site, `GET /v1/sessions/${grace.id}`, host)).statusCode, 200)
  t.equal((await send(site, 'GET /v1/admin/sessions?user=grace', revoker)).statusCode, 200)
})

site.test('threat 14: sessions and users that are not there are 404 for those who may ask', async (t) => {
  const before = await stateOf(server)
  for (const [method, path, body] of calls) {
    if (method === 'POST' && path.endsWith('/sessions')) continue
    const missing = path.replace(grace.id, '0'.repeat(16)).replace('grace', 'nobody')
    const answer = await send(site, `${method} ${missing}`, site.first, body)
    assertProblem(t, answer, missing.includes('nobody') ? 'user_not_found' : 'session_not_found', missing)
  }
  for (const id of ['x', '0'.repeat(15), '0'.repeat(17), '%7B%7D'.repeat(8)]) {
    const answer = await send(site, `DELETE /v1/sessions/${id}`, site.first)
    assertProblem(t, answer, 'request_invalid', id)
  }
  t.strictSame(await stateOf(server), before)
})

site.test('threat 45: a session acts for its own user, whatever the body says', async (t) => {
  const before = await stateOf(server)
  for (const body of [{ user: 'grace' }, { session: grace.id }, { owner: 'grace' }, { kind: 'api-key' }]) {
    for (const path of ['/v1/api-keys', '/v1/session-keys']) {
      assertProblem(t, await send(site, `POST ${path}`, ada.headers, body), 'request_invalid', path)
    }
  }
  t.strictSame(await stateOf(server), before)
})

site.test('threat 44: a session key makes nothing', async (t) => {
  const root = await site.cookieSession('root', ['user', 'admin'])
  const key = await site.sessionKey(root.id)
  const before = await stateOf(server)
  for (const [call, body] of [
    ['POST /v1/api-keys', {}],
    ['POST /v1/session-keys', {}],
    ['POST /v1/admin/users', { user: 'mallory', roles: ['admin'] }],
    ['PATCH /v1/admin/users/ada', { roles: ['admin'] }],
    ['PUT /v1/settings', { sessionIdleMinutes: 10_080 }],
    ['PUT /v1/me/password', { present: 'x', next: 'a long enough password' }],
    ['POST /v1/session/impersonation', { kind: 'user', name: 'ada' }],
    ['POST /v1/admin/services', { name: 'planted', permissions: ['admin'] }],
  ] as const) {
    assertProblem(t, await send(site, call, key.headers, body), 'credential_not_accepted', call)
  }
  t.strictSame(await stateOf(server), before)
})
