// A user changes the own password.

import t from 'tap'
import { assertProblem, auditEvents, send, stateOf } from '../routes/evidence.ts'
import { startSessionSite } from '../support/session-site.ts'
import { signedInBy, signInAs, testPassword } from '../support/sign-in.ts'
import { triesAreForgotten, tryCounters, waitsUntil } from '../support/tries.ts'

const site = await startSessionSite(t)
const { server } = site
const next = 'another long enough password'

t.afterEach(async () => await triesAreForgotten(server))

site.test(
  'a change of the password ends the other sessions and keeps this one, with its cookie',
  async (t) => {
    const ada = await signInAs(site, 'ada')
    const own = await site.sessionKey(ada.id)
    const elsewhere = signedInBy(
      await send(site, 'POST /v1/session', {}, { user: 'ada', password: testPassword }),
    )
    const keyElsewhere = await site.sessionKey(elsewhere.id)
    const hosted = await site.sessionKey(await site.hostSession('ada'))
    const apiKey = await site.mint('ada')
    const change = await send(site, 'PUT /v1/me/password', ada.headers, { present: testPassword, next })
    t.equal(change.statusCode, 204)
    t.equal(change.body, '')

    t.equal((await send(site, 'GET /v1/session', ada.headers)).statusCode, 200)
    for (const { headers } of [own, apiKey])
      t.equal((await send(site, 'GET /v1/me', headers)).statusCode, 200)
    for (const { headers } of [elsewhere, keyElsewhere, hosted])
      assertProblem(t, await send(site, 'GET /v1/me', headers), 'credential_invalid')
    const old = await send(site, 'POST /v1/session', {}, { user: 'ada', password: testPassword })
    assertProblem(t, old, 'sign_in_refused', 'the old password is none')
    t.equal((await send(site, 'POST /v1/session', {}, { user: 'ada', password: next })).statusCode, 201)

    const about = (await auditEvents(server)).filter(({ subject }) => subject === 'ada').slice(-4)
    t.match(about, [
      { action: 'password.changed', actor: { kind: 'user', name: 'ada', id: ada.id }, address: '127.0.0.1' },
      { action: 'session.ended', details: { all: true, kept: [ada.id] } },
      { action: 'sign-in.refused' },
      { action: 'session.opened' },
    ])
  },
)

site.test('a wrong present password changes nothing and counts as a try', async (t) => {
  const bob = await signInAs(site, 'bob')
  const wrong = { present: 'not my password', next }
  const answers = []
  for (let count = 0; count < 12; count++)
    answers.push(await send(site, 'PUT /v1/me/password', bob.headers, wrong))
  const made = answers.filter(({ statusCode }) => statusCode === 401)
  t.ok(made.length >= 5 && made.length <= 9, `${made.length} were made`)
  for (const answer of answers) {
    assertProblem(t, answer, answer.statusCode === 401 ? 'sign_in_refused' : 'too_many_tries')
    if (answer.statusCode === 429) t.ok(Number(answer.headers['retry-after']) >= 1)
  }
  t.equal((await send(site, 'GET /v1/session', bob.headers)).statusCode, 200, 'the session goes on')
  const refused = (await auditEvents(server, 'sign-in.refused')).filter(({ subject }) => subject === 'bob')
  t.equal(refused.length, made.length)
  t.strictSame(
    (await auditEvents(server, 'password.changed')).filter(({ subject }) => subject === 'bob'),
    [],
  )

  await triesAreForgotten(server)
  t.equal((await send(site, 'POST /v1/session', {}, { user: 'bob', password: testPassword })).statusCode, 201)
})

site.test('tries to sign in and tries to change the password are counted together', async (t) => {
  const carol = await signInAs(site, 'carol')
  for (let count = 0; count < 3; count++) {
    const wrong = { user: 'Carol', password: 'not my password' }
    t.equal((await send(site, 'POST /v1/session', {}, wrong)).statusCode, 401)
  }
  t.equal(await waitsUntil(server), 0)
  for (let count = 0; count < 2; count++)
    await send(site, 'PUT /v1/me/password', carol.headers, { present: 'not my password', next })
  t.ok((await waitsUntil(server)) > 0, 'after five in all there is a wait')
  t.ok((await tryCounters(server)).length > 0)
})

site.test('the new password keeps the rules, and the body is strict', async (t) => {
  const dave = await signInAs(site, 'dave')
  const before = await stateOf(server)
  for (const body of [
    { present: testPassword, next: 'x'.repeat(11) },
    { present: testPassword, next: 'x'.repeat(257) },
    { present: '', next },
    { next },
    { present: testPassword },
    { present: testPassword, next, user: 'root' },
  ]) {
    const answer = await send(site, 'PUT /v1/me/password', dave.headers, body)
    assertProblem(t, answer, 'request_invalid')
    t.notOk(answer.body.includes(testPassword) || answer.body.includes('xxx'))
  }
  t.strictSame(await stateOf(server), before)
})

site.test('of changes at once one is done, and the others are told so', async (t) => {
  const erin = await signInAs(site, 'erin')
  const passwords = [0, 1, 2, 3].map((index) => `${next} ${index}`)
  const answers = await Promise.all(
    passwords.map((password) =>
      send(site, 'PUT /v1/me/password', erin.headers, { present: testPassword, next: password }),
    ),
  )
  const done = answers.map(({ statusCode }) => statusCode === 204)
  t.equal(done.filter(Boolean).length, 1)
  for (const answer of answers.filter(({ statusCode }) => statusCode !== 204))
    assertProblem(t, answer, answer.statusCode === 401 ? 'sign_in_refused' : 'record_contended')
  await triesAreForgotten(server)
  for (const [index, password] of passwords.entries()) {
    const { statusCode } = await send(site, 'POST /v1/session', {}, { user: 'erin', password })
    t.equal(statusCode, done[index] ? 201 : 401)
  }
})

site.test('who has no password has none to change', async (t) => {
  const frank = await site.cookieSession('frank')
  const before = (await auditEvents(server, 'password.changed')).length
  const answer = await send(site, 'PUT /v1/me/password', frank.headers, { present: testPassword, next })
  assertProblem(t, answer, 'sign_in_refused')
  t.equal((await auditEvents(server, 'password.changed')).length, before)
  t.equal((await send(site, 'POST /v1/session', {}, { user: 'frank', password: next })).statusCode, 401)
})
