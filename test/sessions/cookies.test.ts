// The cookie of a session: its name and attributes by the public address, and that it is taken nowhere else.

import t from 'tap'
import { assertProblem, send, stateOf } from '../routes/evidence.ts'
import { startAppOver } from '../support/app-over.ts'
import { startSessionSite } from '../support/session-site.ts'
import { signInAs, testPassword } from '../support/sign-in.ts'
import { basic } from '../support/site.ts'

const site = await startSessionSite(t)
const { server } = site
const credentials = { user: 'ada', password: testPassword }
const ada = await signInAs(site, 'ada')

/** Name and value apart, attributes in lower case and in order. */
function setCookieOf(answer: Awaited<ReturnType<typeof send>>) {
  const header = answer.headers['set-cookie']
  if (typeof header !== 'string') throw new Error('the answer sets not one cookie')
  const [pair = '', ...attributes] = header.split('; ')
  const [name, value] = pair.split('=')
  return { name, value, attributes: attributes.map((attribute) => attribute.toLowerCase()).toSorted() }
}

const cleared = ['expires=thu, 01 jan 1970 00:00:00 gmt', 'max-age=0']

site.test('over TLS the cookie is bound to this host and to TLS', async (t) => {
  const app = await startAppOver(t, site, { publicUrl: 'https://keys.example.org' })
  const answer = await send(app, 'POST /v1/session', {}, credentials)
  t.equal(answer.statusCode, 201)
  const { name, value, attributes } = setCookieOf(answer)
  t.equal(name, '__Host-latchkey')
  t.strictSame(attributes, ['httponly', 'path=/', 'samesite=lax', 'secure'], 'no domain, no lifetime')
  t.match(value, /^lkw_[0-9A-Za-z]{58}$/)
  const headers = { cookie: `__Host-latchkey=${value}`, 'x-csrf-token': answer.json().csrfToken }
  t.equal((await send(app, 'GET /v1/session', headers)).statusCode, 200)
  const plain = await send(app, 'GET /v1/session', { cookie: `latchkey=${value}` })
  assertProblem(t, plain, 'credential_missing', 'the plain name is nothing here')
  const clearing = setCookieOf(await send(app, 'DELETE /v1/session', headers))
  t.strictSame(
    clearing,
    { name, value: '', attributes: [...cleared, 'httponly', 'path=/', 'samesite=lax', 'secure'].toSorted() },
    'it is taken back by the same name and attributes',
  )
})

site.test('without TLS the name is plain, and the cookie is given out on the machine itself', async (t) => {
  const answer = await send(site, 'POST /v1/session', {}, credentials)
  const { name, value, attributes } = setCookieOf(answer)
  t.equal(name, 'latchkey')
  t.strictSame(attributes, ['httponly', 'path=/', 'samesite=lax'])
  const headers = { cookie: `latchkey=${value}`, 'x-csrf-token': answer.json().csrfToken }
  const clearing = setCookieOf(await send(site, 'DELETE /v1/session', headers))
  t.strictSame(clearing.attributes, [...cleared, 'httponly', 'path=/', 'samesite=lax'].toSorted())
})

site.test('without TLS on another host nobody is signed in, and nothing is changed', async (t) => {
  const invited = await send(site, 'POST /v1/admin/users', site.first, { user: 'invited' })
  const claim = { invitation: invited.json().invitation, password: testPassword }
  const app = await startAppOver(t, site, { publicUrl: 'http://keys.example.org' })
  const before = await stateOf(server)
  for (const [call, payload] of [
    ['POST /v1/session', credentials],
    ['POST /v1/session', { ...credentials, password: 'wrong' }],
    ['POST /v1/invitations/claim', claim],
  ] as const) {
    const answer = await send(app, call, {}, payload)
    assertProblem(t, answer, 'tls_needed', call)
    t.equal(answer.headers['set-cookie'], undefined)
  }
  t.strictSame(await stateOf(server), before, 'no session, no try, and the invitation is not spent')
})

site.test('cookies that may travel in clear are a choice of the configuration', async (t) => {
  const config = { publicUrl: 'http://keys.example.org', mayUseInsecureCookies: true }
  const answer = await send(await startAppOver(t, site, config), 'POST /v1/session', {}, credentials)
  t.equal(answer.statusCode, 201)
  t.strictSame(setCookieOf(answer).attributes, ['httponly', 'path=/', 'samesite=lax'])
})

site.test('a cookie is no key and a key is no cookie', async (t) => {
  const { cookie } = await site.cookieSession('ada')
  const apiKey = await site.mint('ada')
  const sessionKey = await site.sessionKey(ada.id)
  for (const headers of [
    basic('apikey', cookie),
    { authorization: `Bearer ${cookie}` },
    { apikey: cookie },
    basic('first', cookie),
    { cookie: `latchkey=${apiKey.secret}` },
    { cookie: `latchkey=${sessionKey.secret}` },
  ]) {
    assertProblem(
      t,
      await send(site, 'GET /v1/me', headers),
      'credential_wrong_kind',
      JSON.stringify(headers),
    )
  }
  t.equal((await send(site, 'GET /v1/me', { cookie: `latchkey=${cookie}` })).statusCode, 200)
})

site.test('a header wins over the cookie, without falling through', async (t) => {
  const grace = await site.mint('grace')
  const { cookie } = ada.headers
  t.equal((await send(site, 'GET /v1/me', { ...grace.headers, cookie })).json().user.name, 'grace')
  t.equal((await send(site, 'GET /v1/me', { apikey: grace.secret, cookie })).json().user.name, 'grace')
  const wrong = `${grace.secret.slice(0, -1)}_`
  for (const headers of [
    basic('apikey', wrong),
    { authorization: '' },
    { authorization: 'x' },
    { apikey: '' },
  ]) {
    const answer = await send(site, 'GET /v1/session', { ...headers, cookie })
    assertProblem(t, answer, 'credential_malformed', JSON.stringify(headers))
  }
  const write = await send(site, 'POST /v1/api-keys', { ...grace.headers, ...ada.headers }, {})
  assertProblem(t, write, 'credential_not_accepted', 'a key makes nothing, with a cookie beside it either')
  t.equal((await send(site, 'GET /v1/me', { cookie })).json().user.name, 'ada')
})
