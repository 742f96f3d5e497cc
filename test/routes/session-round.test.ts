import t from 'tap'
import { signInAs } from '../support/sign-in.ts'
import { basic, startSite, type TestSite } from '../support/site.ts'

async function allow(site: TestSite): Promise<void> {
  await site.app.inject({
    method: 'PUT',
    url: '/v1/settings',
    headers: site.first,
    payload: { sessionKeysAllowed: true },
  })
}

t.test(
  'a session mints an API key and a session key; sign-out ends the session key in the same instant',
  async (t) => {
    const site = await startSite(t)
    await allow(site)
    const other = await site.another()
    const ada = await signInAs(site, 'ada@example.org')

    const apiKey = await site.app.inject({
      method: 'POST',
      url: '/v1/api-keys',
      headers: ada.headers,
      payload: {},
    })
    t.equal(apiKey.statusCode, 201, apiKey.body)
    const sessionKey = await site.app.inject({
      method: 'POST',
      url: '/v1/session-keys',
      headers: ada.headers,
      payload: { description: 'notebook' },
    })
    t.equal(sessionKey.statusCode, 201, sessionKey.body)
    const me = async (secret: string) =>
      await other.app.inject({ url: '/v1/me', headers: basic('apikey', secret) })
    t.equal((await me(apiKey.json().secret)).statusCode, 200)
    const bySessionKey = await me(sessionKey.json().secret)
    t.equal(bySessionKey.statusCode, 200)
    t.match(bySessionKey.json(), {
      kind: 'session-key',
      user: { name: 'ada@example.org' },
      context: { phiLevel: 'not-phi', authenticated: { methods: ['pwd'] } },
    })

    const out = await site.app.inject({ method: 'DELETE', url: '/v1/session', headers: ada.headers })
    t.equal(out.statusCode, 204)
    t.equal((await me(sessionKey.json().secret)).statusCode, 401)
    t.equal((await me(apiKey.json().secret)).statusCode, 200)
    t.equal((await site.app.inject({ url: '/v1/session', headers: ada.headers })).statusCode, 401)
  },
)

t.test('a write by cookie without the CSRF token changes nothing', async (t) => {
  const site = await startSite(t)
  const ada = await signInAs(site, 'ada@example.org')
  const { cookie } = ada.headers
  for (const headers of [{ cookie }, { cookie, 'x-csrf-token': 'x'.repeat(43) }]) {
    const answer = await site.app.inject({ method: 'POST', url: '/v1/api-keys', headers, payload: {} })
    t.equal(answer.statusCode, 403)
    t.equal(answer.json().code, 'csrf_token_invalid')
  }
  const list = await site.app.inject({ url: '/v1/api-keys', headers: ada.headers })
  t.same(list.json().items, [])
})

t.test('impersonating: no API key; the session key shows both identities; it ends at once', async (t) => {
  const site = await startSite(t)
  await allow(site)
  await site.mint('bob@example.org')
  const admin = await signInAs(site, 'root@example.org', ['user', 'admin'])
  const started = await site.app.inject({
    method: 'POST',
    url: '/v1/session/impersonation',
    headers: admin.headers,
    payload: { kind: 'user', name: 'bob@example.org' },
  })
  t.equal(started.statusCode, 200, started.body)
  t.equal(
    (await site.app.inject({ url: '/v1/session', headers: admin.headers })).statusCode,
    401,
    'the old cookie',
  )
  const as = admin.renewedBy(started)
  const refused = await site.app.inject({
    method: 'POST',
    url: '/v1/api-keys',
    headers: as.headers,
    payload: {},
  })
  t.equal(refused.statusCode, 403)
  t.equal(refused.json().code, 'impersonating')
  const key = await site.app.inject({
    method: 'POST',
    url: '/v1/session-keys',
    headers: as.headers,
    payload: {},
  })
  t.equal(key.statusCode, 201, key.body)
  const me = async () =>
    (await site.app.inject({ url: '/v1/me', headers: basic('apikey', key.json().secret) })).json()
  t.match(await me(), {
    user: { name: 'bob@example.org', roles: ['user'] },
    impersonator: { name: 'root@example.org' },
    context: { impersonating: { kind: 'user', name: 'bob@example.org' } },
  })
  const stopped = await site.app.inject({
    method: 'DELETE',
    url: '/v1/session/impersonation',
    headers: as.headers,
  })
  t.equal(stopped.statusCode, 200, stopped.body)
  const after = await me()
  t.match(after, { user: { name: 'root@example.org', roles: ['user', 'admin'] } })
  t.notOk('impersonator' in after)
})

t.test('a host application opens, changes and ends a session, and its keys follow', async (t) => {
  const site = await startSite(t)
  await allow(site)
  const opened = await site.app.inject({
    method: 'POST',
    url: '/v1/users/cy@example.org/sessions',
    headers: site.first,
    payload: { context: { phiLevel: 'limited', groups: ['lab'] }, idleMinutes: 5 },
  })
  t.equal(opened.statusCode, 201, opened.body)
  const { id } = opened.json()
  const url = `/v1/sessions/${id}`
  const key = await site.app.inject({
    method: 'POST',
    url: `${url}/session-keys`,
    headers: site.first,
    payload: {},
  })
  t.equal(key.statusCode, 201, key.body)
  const verify = async () =>
    (
      await site.app.inject({
        method: 'POST',
        url: '/v1/verify',
        headers: site.first,
        payload: { credential: key.json().secret },
      })
    ).json()
  t.match(await verify(), { active: true, context: { phiLevel: 'limited' }, user: { groups: ['lab'] } })
  const termsOfUse = [{ name: 'irb', acceptedAt: '2026-11-23T00:00:00Z' }]
  const changed = await site.app.inject({
    method: 'PATCH',
    url,
    headers: site.first,
    payload: { context: { phiLevel: 'full', termsOfUse } },
  })
  t.equal(changed.statusCode, 200, changed.body)
  t.match(await verify(), { active: true, context: { phiLevel: 'full', termsOfUse, groups: ['lab'] } })
  t.equal(
    (await site.app.inject({ method: 'POST', url: `${url}/touch`, headers: site.first })).statusCode,
    200,
  )
  t.equal((await site.app.inject({ method: 'DELETE', url, headers: site.first })).statusCode, 204)
  t.match(await verify(), { active: false, code: 'credential_invalid' })
  t.equal(
    (await site.app.inject({ method: 'POST', url: `${url}/touch`, headers: site.first })).statusCode,
    404,
  )
})
