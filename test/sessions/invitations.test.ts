// Invitations: one-time links by which a password is set.

import t from 'tap'
import { makeCredential } from '../../domain/credential.ts'
import { names } from '../../store/names.ts'
import { assertProblem, auditEvents, send, stateOf } from '../routes/evidence.ts'
import { sessionHashes, startSessionSite } from '../support/session-site.ts'
import { signedInBy, testPassword } from '../support/sign-in.ts'
import { publicUrl } from '../support/site.ts'

const site = await startSessionSite(t)
const { server } = site

async function invite(user: string, more: object = {}) {
  return await send(site, 'POST /v1/admin/users', site.first, { user, ...more })
}

async function claim(invitation: string, password: string = testPassword) {
  return await send(site, 'POST /v1/invitations/claim', {}, { invitation, password })
}

async function signIn(user: string, password: string) {
  return await send(site, 'POST /v1/session', {}, { user, password })
}

const actionsAbout = async (user: string): Promise<readonly string[]> =>
  (await auditEvents(server)).filter(({ subject }) => subject === user).map(({ action }) => action)

site.test('an invitation makes the user when unknown, and its link holds the secret', async (t) => {
  const answer = await invite('ada@example.org', { roles: ['user', 'editor'], groups: ['lab'] })
  t.equal(answer.statusCode, 201)
  const { user, link, invitation, expiresAt } = answer.json()
  t.equal(user, 'ada@example.org')
  t.match(invitation, /^lki_[0-9A-Za-z]{50}$/)
  t.equal(link, `${publicUrl}/invitation/${invitation}`)
  const hours = (Date.parse(expiresAt) - Date.now()) / 3_600_000
  t.ok(hours > 23 && hours < 25, expiresAt)
  t.strictSame(await actionsAbout('ada@example.org'), ['user.created', 'user.changed', 'user.invited'])

  const claimed = await claim(invitation)
  t.equal(claimed.statusCode, 201)
  t.match(claimed.json(), {
    user: 'ada@example.org',
    service: null,
    context: { roles: ['user', 'editor'], groups: ['lab'], authenticated: { methods: ['pwd'] } },
  })
  t.equal((await send(site, 'GET /v1/session', signedInBy(claimed).headers)).statusCode, 200, 'signed in')
  t.equal((await signIn('ada@example.org', testPassword)).statusCode, 201, 'the password is set')
  t.strictSame((await actionsAbout('ada@example.org')).slice(3), [
    'invitation.claimed',
    'session.opened',
    'session.opened',
  ])
  assertProblem(t, await claim(invitation), 'invitation_invalid', 'it opens once')
})

site.test('of fifty claims at once exactly one succeeds', async (t) => {
  const { invitation } = (await invite('crowd')).json()
  const passwords = Array.from({ length: 50 }, (_, index) => `a password of number ${index}`)
  const answers = await Promise.all(passwords.map((password) => claim(invitation, password)))
  const claimed = answers.filter(({ statusCode }) => statusCode === 201)
  t.equal(claimed.length, 1)
  for (const answer of answers.filter((each) => !claimed.includes(each)))
    assertProblem(t, answer, answer.statusCode === 503 ? 'sign_in_busy' : 'invitation_invalid')
  const winner = answers.findIndex(({ statusCode }) => statusCode === 201)
  t.equal((await signIn('crowd', passwords[winner] ?? '')).statusCode, 201, 'with the password of that one')
  assertProblem(t, await signIn('crowd', passwords[(winner + 1) % 50] ?? ''), 'sign_in_refused')
  const actions = await actionsAbout('crowd')
  t.equal(actions.filter((action) => action === 'invitation.claimed').length, 1)
})

site.test('a newer invitation replaces the older', async (t) => {
  const [older, newer] = [(await invite('bob')).json(), (await invite('bob')).json()]
  assertProblem(t, await claim(older.invitation), 'invitation_invalid')
  t.equal((await claim(newer.invitation)).statusCode, 201)
})

site.test('an invitation is over after 24 hours', async (t) => {
  const { invitation } = (await invite('carol')).json()
  const name = names.signIn(invitation.slice(8, 16))
  const record = JSON.parse(String(await server.command('HGET', name, 'invitation')))
  const expiresIn = async (ms: number): Promise<void> => {
    const [seconds] = (await server.command('TIME')) as [string]
    const expires = Number(seconds) * 1000 + ms
    await server.command('HSET', name, 'invitation', JSON.stringify({ ...record, expires }))
  }
  await expiresIn(-1000)
  const before = await stateOf(server)
  assertProblem(t, await claim(invitation), 'invitation_invalid')
  t.strictSame(await stateOf(server), before)
  await expiresIn(60_000)
  t.equal((await claim(invitation)).statusCode, 201, 'it was only that')
})

site.test(
  'what is cut off, made up, of another site or of another kind is one answer, and changes nothing',
  async (t) => {
    const { invitation } = (await invite('dave')).json()
    const user = invitation.slice(8, 16)
    const siteId = site.core.gate.id()
    const key = await site.mint('dave')
    const made = (kind: 'invitation', place: string, of: string) =>
      makeCredential(kind, place, { user: of }).secret.reveal()
    const before = await stateOf(server)
    const bodies = new Set<string>()
    for (const presented of [
      '',
      'x',
      invitation.slice(0, -1),
      `${invitation}x`,
      ` ${invitation}`,
      `${publicUrl}/invitation/${invitation}`,
      invitation.toLowerCase(),
      made('invitation', siteId, user),
      made('invitation', siteId, '00000000'),
      made('invitation', siteId === 'Else' ? 'Othr' : 'Else', user),
      key.secret,
    ]) {
      const answer = await claim(presented)
      assertProblem(t, answer, 'invitation_invalid', presented.slice(0, 8))
      t.equal(answer.headers['set-cookie'], undefined)
      bodies.add(answer.body)
    }
    t.equal(bodies.size, 1)
    t.strictSame(await stateOf(server), before)
    t.equal((await claim(invitation)).statusCode, 201)
  },
)

site.test('an invitation is no other credential', async (t) => {
  const { invitation } = (await invite('erin')).json()
  for (const headers of [
    { authorization: `Bearer ${invitation}` },
    { apikey: invitation },
    { cookie: `latchkey=${invitation}` },
  ]) {
    assertProblem(
      t,
      await send(site, 'GET /v1/me', headers),
      'credential_wrong_kind',
      JSON.stringify(headers),
    )
  }
  const asked = await send(site, 'POST /v1/verify', site.first, { credential: invitation })
  t.match(asked.json(), { active: false, code: 'credential_wrong_kind' })
})

site.test('a password has 12 to 256 characters, of whatever kind', async (t) => {
  const { invitation } = (await invite('frank')).json()
  const before = await stateOf(server)
  for (const password of [
    '',
    'x'.repeat(11),
    'x'.repeat(257),
    '\u{1f511}'.repeat(11),
    '\u{1f511}'.repeat(257),
  ]) {
    const answer = await claim(invitation, password)
    assertProblem(t, answer, 'request_invalid', `${[...password].length} characters`)
    t.notOk(password !== '' && answer.body.includes(password), 'it is not repeated')
  }
  t.strictSame(await stateOf(server), before)
  for (const password of ['xxxxxxxxxxxx', '\u{1f511}'.repeat(12), '\u{1f511}'.repeat(256), ' a b c d e f ']) {
    const next = (await invite('frank')).json()
    t.equal((await claim(next.invitation, password)).statusCode, 201)
    t.equal((await signIn('frank', password)).statusCode, 201)
  }
  const composed = (await invite('frank')).json()
  t.equal((await claim(composed.invitation, 'Ångström à la carte')).statusCode, 201)
  t.equal(
    (await signIn('frank', 'A\u030angstro\u0308m a\u0300 la carte')).statusCode,
    201,
    'as another keyboard types it',
  )
})

site.test('a claim ends the sessions there were, and their keys', async (t) => {
  const earlier = [await site.cookieSession('grace'), await site.cookieSession('grace')]
  const keys = await Promise.all(earlier.map(({ id }) => site.sessionKey(id)))
  const apiKey = await site.mint('grace')
  const bystander = await site.cookieSession('bystander')
  const { invitation } = (await invite('grace')).json()
  for (const { headers } of earlier)
    t.equal((await send(site, 'GET /v1/me', headers)).statusCode, 200, 'not yet')
  const claimed = signedInBy(await claim(invitation))
  for (const { headers } of [...earlier, ...keys])
    assertProblem(t, await send(site, 'GET /v1/me', headers), 'credential_invalid')
  t.equal((await send(site, 'GET /v1/me', claimed.headers)).statusCode, 200)
  t.equal((await send(site, 'GET /v1/me', apiKey.headers)).statusCode, 200, 'API keys stay')
  t.equal((await send(site, 'GET /v1/me', bystander.headers)).statusCode, 200)
  t.equal((await sessionHashes(server)).filter((name) => name.includes(claimed.id.slice(0, 8))).length, 1)
})

site.test('a disabled user is not invited, and the invitation there is does not open', async (t) => {
  const { invitation } = (await invite('heidi')).json()
  await send(site, 'PATCH /v1/admin/users/heidi', site.first, { disabled: true })
  const before = await stateOf(server)
  assertProblem(t, await invite('heidi'), 'owner_disabled')
  assertProblem(t, await claim(invitation), 'invitation_invalid')
  t.strictSame(await stateOf(server), before)
})
