// Writes that a page of another site makes with the cookie of whoever looks at it, on every route that takes the cookie.

import t from 'tap'
import { assertProblem, type Headers, send, serviceWith, stateOf } from '../routes/evidence.ts'
import { operationsOf } from '../support/operations.ts'
import { assertEverySessionEnds, hashOf, sessionHashes, startSessionSite } from '../support/session-site.ts'
import { signInAs, testPassword } from '../support/sign-in.ts'
import { publicUrl } from '../support/site.ts'

const site = await startSessionSite(t)
const { server } = site
const root = await signInAs(site, 'root', ['user', 'admin'])
const other = await site.cookieSession('other', ['user', 'admin'])
const [renamed, deleted, revoked] = await Promise.all([
  site.mint('root'),
  site.mint('root'),
  site.mint('victim'),
])
const [session, key] = [await site.hostSession('victim'), await site.sessionKey(root.id)]
await serviceWith(site, 'gateway', ['verify'])

/** What each such route does when it is asked rightly, in an order in which all of it can be done. */
const writes: readonly (readonly [operationId: string, call: string, status: number, body?: object])[] = [
  ['postApiKey', 'POST /v1/api-keys', 201, {}],
  ['patchApiKey', `PATCH /v1/api-keys/${renamed.id}`, 200, { description: 'renamed' }],
  ['deleteApiKey', `DELETE /v1/api-keys/${deleted.id}`, 204],
  ['postSessionKey', 'POST /v1/session-keys', 201, {}],
  ['deleteSessionKey', `DELETE /v1/session-keys/${key.id}`, 204],
  ['putSettings', 'PUT /v1/settings', 200, { apiKeyLifetimeDays: 7 }],
  ['postUser', 'POST /v1/admin/users', 201, { user: 'invited', roles: ['admin'] }],
  ['patchUser', 'PATCH /v1/admin/users/victim', 200, { roles: ['user', 'admin'] }],
  ['deleteAnyApiKey', `DELETE /v1/admin/api-keys/${revoked.id}`, 204],
  ['postRevocation', 'POST /v1/admin/api-keys/revoke', 200, { user: 'root' }],
  ['postClamp', 'POST /v1/admin/api-keys/clamp', 202, {}],
  ['deleteAnySession', `DELETE /v1/admin/sessions/${session}`, 204],
  ['deleteSessionsOfAnyUser', 'DELETE /v1/admin/users/victim/sessions', 200],
  ['deleteUser', 'DELETE /v1/admin/users/victim', 204],
  ['postService', 'POST /v1/admin/services', 201, { name: 'planted', permissions: ['admin'] }],
  ['postServiceRotation', 'POST /v1/admin/services/gateway/rotate', 201, {}],
  ['deleteService', 'DELETE /v1/admin/services/gateway', 204],
  ['putPassword', 'PUT /v1/me/password', 204, { present: testPassword, next: `${testPassword}!` }],
  ['postImpersonation', 'POST /v1/session/impersonation', 200, { kind: 'role', name: 'user' }],
  ['deleteImpersonation', 'DELETE /v1/session/impersonation', 200],
  ['deleteSession', 'DELETE /v1/session', 204],
  ['deleteMySessions', 'DELETE /v1/me/sessions', 200],
]

const signs: readonly Headers[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'https://localhost:3000' },
  { origin: 'http://localhost:3001' },
  { origin: 'http://localhost.evil.example:3000' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: publicUrl, 'sec-fetch-site': 'cross-site' },
]

const forms: readonly (readonly [type: string, body: string])[] = [
  ['application/x-www-form-urlencoded', 'user=root'],
  [
    'multipart/form-data; boundary=x',
    '--x\r\ncontent-disposition: form-data; name="user"\r\n\r\nroot\r\n--x--\r\n',
  ],
  ['text/plain', '{}'],
  ['text/plain; charset=utf-8', '{"user":"root"}'],
]

t.test('threat 1: the list above has every write that takes the cookie', async (t) => {
  const open: string[] = []
  for (const { id, method, url } of operationsOf(site.app)) {
    if (method === 'GET' || ['postSession', 'postInvitationClaim'].includes(id)) continue
    const answer = await send(site, `${method} ${url}`, { cookie: root.headers.cookie })
    t.equal(answer.statusCode, 403, id)
    if (answer.json().code === 'csrf_token_invalid') open.push(id)
    else t.equal(answer.json().code, 'service_needed', id)
  }
  t.strictSame(open.toSorted(), writes.map(([id]) => id).toSorted())
})

t.test('threat 1: a write by cookie from another origin is refused, and nothing is changed', async (t) => {
  const before = await stateOf(server)
  for (const [, call, , body] of writes) {
    for (const sign of signs) {
      const answer = await send(site, call, { ...root.headers, ...sign }, body)
      assertProblem(t, answer, 'cross_site_write', `${call} ${JSON.stringify(sign)}`)
      t.equal(answer.headers['set-cookie'], undefined)
    }
  }
  t.strictSame(await stateOf(server), before)
})

t.test(
  'threat 1: a write by cookie without its own CSRF token is refused, and nothing is changed',
  async (t) => {
    const before = await stateOf(server)
    const { cookie, 'x-csrf-token': token } = root.headers
    const tokens: readonly Headers[] = [
      {},
      { 'x-csrf-token': '' },
      { 'x-csrf-token': other.headers['x-csrf-token'] },
      { 'x-csrf-token': cookie.slice('latchkey='.length) },
      { 'x-csrf-token': token.slice(0, -1) },
      { 'x-csrf-token': `${token}x` },
      { 'x-csrf-token': `${token}, ${token}` },
      { 'x-xsrf-token': token },
    ]
    for (const [, call, , body] of writes) {
      for (const wrong of tokens) {
        const answer = await send(site, call, { cookie, ...wrong }, body)
        assertProblem(t, answer, 'csrf_token_invalid', `${call} ${JSON.stringify(wrong)}`)
      }
      const inQuery = await send(site, `${call}?_csrf=${token}&x-csrf-token=${token}`, { cookie }, body)
      assertProblem(t, inQuery, 'csrf_token_invalid', `${call} in the query`)
    }
    t.strictSame(await stateOf(server), before)
  },
)

t.test('threat 1: what a form can send is no body, even with the token', async (t) => {
  const before = await stateOf(server)
  for (const [, call] of writes) {
    for (const [type, body] of forms) {
      const form = { 'content-type': type }
      const bare = await send(site, call, { cookie: root.headers.cookie, ...form }, body)
      assertProblem(t, bare, 'csrf_token_invalid', `${call} ${type}`)
      assertProblem(
        t,
        await send(site, call, { ...root.headers, ...form }, body),
        'media_type_unsupported',
        call,
      )
    }
  }
  t.strictSame(await stateOf(server), before)
})

t.test('threat 1: the same requests from our own pages are obeyed', async (t) => {
  let present = root
  for (const [operationId, call, status, body] of writes) {
    if (operationId === 'deleteMySessions') {
      const { headers } = await site.cookieSession('root', ['user', 'admin'])
      present = { ...present, headers }
    }
    const ours = { origin: publicUrl, 'sec-fetch-site': 'same-origin' }
    const answer = await send(site, call, { ...present.headers, ...ours }, body)
    t.equal(answer.statusCode, status, `${operationId} ${answer.body}`)
    if (operationId.endsWith('Impersonation')) present = present.renewedBy(answer)
  }
  t.strictSame(await sessionHashes(server), [hashOf(other.id)], 'only the bystander is still signed in')
  await assertEverySessionEnds(t, server)
})
