// Sign-in that somebody else forges, and cookies from before it: neither is of any use.

import t from 'tap'
import { assertProblem, auditEvents, type Headers, send, stateOf } from '../routes/evidence.ts'
import { sessionHashes, startSessionSite } from '../support/session-site.ts'
import { signedInBy, signInAs, testPassword } from '../support/sign-in.ts'
import { publicUrl } from '../support/site.ts'

const site = await startSessionSite(t)
const { server } = site
const credentials = { user: 'ada', password: testPassword }
const ada = await signInAs(site, 'ada')

const signs: readonly Headers[] = [
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
]
const forms = [
  ['application/x-www-form-urlencoded', `user=ada&password=${encodeURIComponent(testPassword)}`],
  ['text/plain', JSON.stringify(credentials)],
  ['text/plain;application/json', JSON.stringify(credentials)],
  ['multipart/form-data; boundary=x', '--x--'],
] as const

site.test('threat 2: a sign-in that another site forges is refused, and there is no session', async (t) => {
  const before = await stateOf(server)
  const assertNothing = async (answer: Awaited<ReturnType<typeof send>>) => {
    t.equal(answer.headers['set-cookie'], undefined, 'no cookie')
    t.strictSame(await stateOf(server), before, 'nothing is changed, no try is counted')
  }
  for (const sign of signs) {
    const answer = await send(site, 'POST /v1/session', sign, credentials)
    assertProblem(t, answer, 'cross_site_write', JSON.stringify(sign))
    await assertNothing(answer)
  }
  for (const [type, body] of forms) {
    const answer = await send(site, 'POST /v1/session', { 'content-type': type }, body)
    assertProblem(t, answer, 'media_type_unsupported', type)
    await assertNothing(answer)
  }
  const ours = { origin: publicUrl, 'sec-fetch-site': 'same-origin' }
  t.equal((await send(site, 'POST /v1/session', ours, credentials)).statusCode, 201, 'our own page signs in')
})

site.test(
  'threat 2: a claim of an invitation that another site forges is refused and spends nothing',
  async (t) => {
    const invited = await send(site, 'POST /v1/admin/users', site.first, { user: 'invited' })
    const claim = { invitation: invited.json().invitation, password: testPassword }
    const before = await stateOf(server)
    for (const sign of signs) {
      const answer = await send(site, 'POST /v1/invitations/claim', sign, claim)
      assertProblem(t, answer, 'cross_site_write', JSON.stringify(sign))
      t.equal(answer.headers['set-cookie'], undefined)
    }
    for (const [type] of forms) {
      const answer = await send(
        site,
        'POST /v1/invitations/claim',
        { 'content-type': type },
        JSON.stringify(claim),
      )
      assertProblem(t, answer, 'media_type_unsupported', type)
    }
    t.strictSame(await stateOf(server), before)
    t.equal((await send(site, 'POST /v1/invitations/claim', {}, claim)).statusCode, 201, 'it is still there')
  },
)

site.test('threat 3: a sign-in makes a new session, whatever cookie came with it', async (t) => {
  const before = await sessionHashes(server)
  const planted = [ada.headers.cookie, `latchkey=${'x'.repeat(58)}`, 'latchkey=', `latchkey=${ada.id}`]
  const ids = new Set([ada.id])
  for (const cookie of planted) {
    const answer = await send(site, 'POST /v1/session', { cookie }, credentials)
    t.equal(answer.statusCode, 201)
    const signedIn = signedInBy(answer)
    t.notOk(ids.has(signedIn.id), 'a new id')
    ids.add(signedIn.id)
    t.not(signedIn.headers.cookie, cookie, 'a new cookie')
    t.not(signedIn.headers['x-csrf-token'], ada.headers['x-csrf-token'], 'a new token')
  }
  t.equal((await sessionHashes(server)).length, before.length + planted.length)
  for (const cookie of planted.slice(1)) {
    const answer = await send(site, 'GET /v1/session', { cookie })
    assertProblem(t, answer, 'credential_malformed', 'what was planted has become nothing')
  }
})

site.test(
  'threat 3: a cookie from before the beginning or the end of impersonation is refused',
  async (t) => {
    const root = await signInAs(site, 'root', ['user', 'admin'])
    const key = await site.sessionKey(root.id)
    const started = await send(site, 'POST /v1/session/impersonation', root.headers, {
      kind: 'user',
      name: 'ada',
    })
    t.equal(started.statusCode, 200)
    const asAda = root.renewedBy(started)
    t.equal(asAda.id, root.id, 'the session stays')
    const stopped = await send(site, 'DELETE /v1/session/impersonation', asAda.headers)
    t.equal(stopped.statusCode, 200)
    const again = root.renewedBy(stopped)
    t.equal(again.id, root.id)
    const cookies = [root, asAda, again].map(({ headers }) => headers.cookie)
    t.equal(new Set(cookies).size, 3)
    for (const { headers } of [root, asAda]) {
      for (const call of ['GET /v1/session', 'GET /v1/me', 'DELETE /v1/session']) {
        assertProblem(t, await send(site, call, headers), 'credential_invalid', call)
      }
    }
    const mixed = { cookie: again.headers.cookie, 'x-csrf-token': root.headers['x-csrf-token'] }
    assertProblem(t, await send(site, 'DELETE /v1/session', mixed), 'csrf_token_invalid', 'the old token')
    t.equal((await send(site, 'GET /v1/session', again.headers)).statusCode, 200)
    t.equal(
      (await send(site, 'GET /v1/me', key.headers)).json().user.name,
      'root',
      'the keys of the session stay',
    )
  },
)

site.test('threat 3: a cookie is worthless after its sign-out', async (t) => {
  const answer = await send(site, 'POST /v1/session', {}, credentials)
  const signedIn = signedInBy(answer)
  const bystander = signedInBy(await send(site, 'POST /v1/session', {}, credentials))
  t.equal((await send(site, 'DELETE /v1/session', signedIn.headers)).statusCode, 204)
  assertProblem(t, await send(site, 'GET /v1/session', signedIn.headers), 'credential_invalid')
  assertProblem(t, await send(site, 'DELETE /v1/session', signedIn.headers), 'credential_invalid', 'again')
  t.equal((await send(site, 'GET /v1/session', bystander.headers)).statusCode, 200, 'the other one goes on')
  const ended = (await auditEvents(server, 'session.ended')).filter(
    ({ details }) => details?.id === signedIn.id,
  )
  t.equal(ended.length, 1)
})
