// Signing out everywhere, by the user and by an administrator; and where sessions are listed, and their keys never.

import t from 'tap'
import { assertProblem, auditEvents, type Headers, send, serviceWith } from '../routes/evidence.ts'
import { lifeLeft, startSessionSite } from '../support/session-site.ts'
import { signInAs } from '../support/sign-in.ts'

const site = await startSessionSite(t)
const { server } = site

/** Three sessions of different origin with a key each. */
async function signedInThrice(user: string) {
  const sessions = [await site.cookieSession(user), await site.cookieSession(user)]
  const hosted = await site.hostSession(user)
  const ids = [...sessions.map(({ id }) => id), hosted]
  return { sessions, ids, keys: await Promise.all(ids.map((id) => site.sessionKey(id))) }
}

async function refused(
  t: Parameters<typeof assertProblem>[0],
  callers: readonly { readonly headers: Headers }[],
) {
  for (const { headers } of callers)
    assertProblem(t, await send(site, 'GET /v1/me', headers), 'credential_invalid')
}

site.test('a user signs out everywhere: all sessions and their keys end, API keys stay', async (t) => {
  const { sessions, ids, keys } = await signedInThrice('ada')
  const [first] = sessions
  const bystander = await site.cookieSession('bystander')
  const apiKey = await site.mint('ada')
  const answer = await send(site, 'DELETE /v1/me/sessions', first?.headers)
  t.equal(answer.statusCode, 200)
  t.strictSame(answer.json(), { ended: 3 })
  t.match(answer.headers['set-cookie'], /^latchkey=; .*Max-Age=0/i, 'the cookie is taken back')
  await refused(t, [...sessions, ...keys])
  for (const id of ids) t.equal(await lifeLeft(server, id), -2)
  t.equal((await send(site, 'GET /v1/me', apiKey.headers)).statusCode, 200)
  t.equal((await send(site, 'GET /v1/me', bystander.headers)).statusCode, 200)
  const events = (await auditEvents(server, 'session.ended')).filter(({ subject }) => subject === 'ada')
  t.match(events, [{ actor: { kind: 'user', name: 'ada', id: ids[0] }, details: { all: true } }])
  t.equal(events.length, 1)
})

site.test('while impersonating, it is the own sessions that end', async (t) => {
  const bob = await site.cookieSession('bob')
  const root = await site.cookieSession('root', ['user', 'admin'])
  const order = { kind: 'user', name: 'bob' }
  const started = await send(site, 'POST /v1/session/impersonation', root.headers, order)
  const [cookie] = started.cookies
  const headers = { cookie: `latchkey=${cookie?.value}`, 'x-csrf-token': started.json().csrfToken }
  const { items } = (await send(site, 'GET /v1/me/sessions', headers)).json()
  t.strictSame(
    items.map(({ id }: { id: string }) => id),
    [root.id],
  )
  t.strictSame((await send(site, 'DELETE /v1/me/sessions', headers)).json(), { ended: 1 })
  t.equal((await send(site, 'GET /v1/me', bob.headers)).statusCode, 200)
  await refused(t, [{ headers }])
})

/** Who may end sessions of others: an administrator's session and API key, and services. */
async function administrators(): Promise<readonly (readonly [who: string, headers: Headers])[]> {
  const root = await signInAs(site, 'root', ['user', 'admin'])
  const key = await site.mint('root')
  const sessionKey = await site.sessionKey(root.id)
  const name = `service-${root.id.toLowerCase()}`
  return [
    ['an administrator', root.headers],
    ["an administrator's API key", key.headers],
    ["an administrator's session key", sessionKey.headers],
    ['a service with admin', await serviceWith(site, `${name}-a`, ['admin'])],
    ['a service with revoke', await serviceWith(site, `${name}-r`, ['revoke'])],
  ]
}

site.test('administrators list the sessions of a user, end one, and end all', async (t) => {
  for (const [who, headers] of await administrators()) {
    const { sessions, ids, keys } = await signedInThrice('carol')
    const list = await send(site, 'GET /v1/admin/sessions?user=carol', headers)
    t.equal(list.statusCode, 200)
    const { items } = list.json()
    t.strictSame(items.map(({ id }: { id: string }) => id).toSorted(), ids.toSorted(), who)
    for (const { secret } of keys) t.notOk(list.body.includes(secret.slice(-38, -6)))
    for (const { cookie } of sessions) t.notOk(list.body.includes(cookie.slice(-38, -6)))

    const [first, ...rest] = ids
    t.equal((await send(site, `DELETE /v1/admin/sessions/${first}`, headers)).statusCode, 204)
    await refused(t, [...sessions.slice(0, 1), ...keys.slice(0, 1)])
    for (const { headers: own } of keys.slice(1))
      t.equal((await send(site, 'GET /v1/me', own)).statusCode, 200)
    assertProblem(t, await send(site, `DELETE /v1/admin/sessions/${first}`, headers), 'session_not_found')
    const all = await send(site, 'DELETE /v1/admin/users/carol/sessions', headers)
    t.strictSame(all.json(), { ended: rest.length })
    await refused(t, [...sessions, ...keys])
    t.strictSame((await send(site, 'GET /v1/admin/sessions?user=carol', headers)).json(), { items: [] })
  }
})

site.test('who is no administrator neither lists nor ends sessions of others', async (t) => {
  const { sessions, keys } = await signedInThrice('dave')
  const mallory = await site.cookieSession('mallory')
  const malloryKey = await site.mint('mallory')
  for (const headers of [mallory.headers, malloryKey.headers]) {
    for (const call of [
      'GET /v1/admin/sessions?user=dave',
      `DELETE /v1/admin/sessions/${sessions[0]?.id}`,
      'DELETE /v1/admin/users/dave/sessions',
    ]) {
      assertProblem(t, await send(site, call, headers), 'role_missing', call)
    }
  }
  for (const { headers } of [...sessions, ...keys])
    t.equal((await send(site, 'GET /v1/me', headers)).statusCode, 200)
})

site.test('session keys are in no list of API keys, nor in its CSV, nor in its count', async (t) => {
  const { keys } = await signedInThrice('erin')
  const apiKey = await site.mint('erin')
  const pages = [
    await send(site, 'GET /v1/admin/api-keys?user=erin', site.first),
    await send(site, 'GET /v1/admin/api-keys', { ...site.first, accept: 'text/csv' }),
    await send(site, 'GET /v1/api-keys', apiKey.headers),
  ]
  for (const page of pages) {
    t.equal(page.statusCode, 200)
    t.ok(page.body.includes(apiKey.id), 'the API key is there')
    for (const { id } of keys) t.notOk(page.body.includes(id) || page.body.includes(id.slice(-8)))
    t.notMatch(page.body, 'session-key')
  }
  const count = (await send(site, 'GET /v1/admin/api-keys/count?user=erin', site.first)).json()
  t.ok(Object.values(count).includes(1), JSON.stringify(count))
  t.equal((await send(site, 'POST /v1/admin/api-keys/revoke', site.first, { user: 'erin' })).statusCode, 200)
  for (const { headers } of keys)
    t.equal((await send(site, 'GET /v1/me', headers)).statusCode, 200, 'revoking API keys ends no session')
  for (const { id } of keys) {
    const answer = await send(site, `DELETE /v1/admin/api-keys/${id}`, site.first)
    assertProblem(t, answer, 'request_invalid', 'a session key has no place there')
  }
})
