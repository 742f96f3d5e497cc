// Credentials that are none, over real sockets: each is refused with its reason and the challenge, and never taken for a
// guest. Bodies, paths and methods: bad-requests.

import t from 'tap'
import { stateOf } from '../routes/evidence.ts'
import { basic, startSite } from '../support/site.ts'
import { assertRawProblem, exchange, type RawRequest } from './over-socket.ts'

const site = await startSite(t)
const stranger = await startSite(t)
const url = await site.listen()
const key = await site.mint()
const strangersKey = await stranger.mint()
const { secret } = key
const serviceSecret = Buffer.from(site.first.authorization.slice(6), 'base64')
  .toString()
  .slice('first:'.length)
const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64')
const good = base64(`apikey:${secret}`)
const ofUser = (user: string, password: string) => `Authorization: ${basic(user, password).authorization}`

const ask = async (headers: NonNullable<RawRequest['headers']>) =>
  await exchange(url, { start: 'GET /v1/me HTTP/1.1', headers })

t.test('a whole key is taken in each carrier, the scheme in any case', async (t) => {
  const carriers = [
    [`Authorization: Basic ${good}`],
    [`authorization: bAsIc ${good}`],
    [`Authorization: Bearer ${secret}`],
    [`AUTHORIZATION: BEARER ${secret}`],
    [`apikey: ${secret}`],
    [`ApiKey:   ${secret}  `],
  ]
  for (const headers of carriers) {
    const answer = await ask(headers)
    t.equal(answer.status, 200)
    t.match(JSON.parse(answer.body), { active: true, id: key.id })
  }
})

const malformed = {
  'no Base64': ['Authorization: Basic !!!!'],
  'Base64 without padding': [`Authorization: Basic ${base64('apikey:x').replace(/=+$/, '')}`],
  'Base64 with junk in it': [`Authorization: Basic ${good.slice(0, 20)}!${good.slice(20)}`],
  'Base64 with a space in it': [`Authorization: Basic ${good.slice(0, 20)} ${good.slice(20)}`],
  'Base64 with a tab before it': [`Authorization: Basic\t${good}`],
  'two spaces before the Base64': [`Authorization: Basic  ${good}`],
  'more padding than there is': [`Authorization: Basic ${good}=`],
  base64url: [`Authorization: Basic ${base64('apikey:>>>???').replaceAll('/', '_').replaceAll('+', '-')}`],
  'bits left over in the last character': [
    `Authorization: Basic ${base64('apikey:ab').replace(/I=$/, 'J=')}`,
  ],
  'two credentials in one header': [`Authorization: Basic ${good}, Basic ${good}`],
  'no colon': [`Authorization: Basic ${base64('apikey')}`],
  'nothing but a colon': [`Authorization: Basic ${base64('apikey:')}`],
  'bytes that are no UTF-8': [
    `Authorization: Basic ${base64(Buffer.from(`apikey:${secret}\xff`, 'latin1'))}`,
  ],
  'an overlong UTF-8 form': [`Authorization: Basic ${base64(Buffer.from('apikey:\xc0\xaf', 'latin1'))}`],
  'a surrogate in UTF-8': [`Authorization: Basic ${base64(Buffer.from('apikey:\xed\xa0\x80', 'latin1'))}`],
  'a colon after the key': [ofUser('apikey', `${secret}:`)],
  'a colon before the key': [ofUser('apikey', `:${secret}`)],
  'a space after the key': [ofUser('apikey', `${secret} `)],
  'a line feed after the key': [ofUser('apikey', `${secret}\n`)],
  'a NUL after the key': [ofUser('apikey', `${secret}\0`)],
  'a key cut short': [ofUser('apikey', secret.slice(0, -1))],
  'a key with a letter changed': [
    ofUser(
      'apikey',
      secret.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')),
    ),
  ],
  'the user name again in the password': [ofUser('apikey', `apikey:${secret}`)],
  'a password of somebody': [ofUser('ada@example.org', 'correct horse battery staple')],
  'a header longer than any credential': [`Authorization: Basic ${base64(`apikey:${'x'.repeat(1024)}`)}`],
  'a scheme without a credential': ['Authorization: Basic'],
  'a scheme and a space': ['Authorization: Basic '],
  'an empty header': ['Authorization:'],
  'an unknown scheme': [`Authorization: Digest ${good}`],
  'the bare key': [`Authorization: ${secret}`],
  'an empty apikey header': ['apikey:'],
  'an apikey header twice': [`apikey: ${secret}`, `apikey: ${secret}`],
  'an overlong apikey header': [`apikey: ${secret}${'x'.repeat(1024)}`],
}

t.test('what is no credential is refused as such, whatever else is right about it', async (t) => {
  const before = await stateOf(site.server)
  for (const [what, headers] of Object.entries(malformed)) {
    assertRawProblem(t, await ask(headers), 'credential_malformed', what)
  }
  t.same(await stateOf(site.server), before)
})

t.test('the first carrier counts: a bad one is not saved by a good one after it', async (t) => {
  const broken = await ask(['Authorization: Basic !!!!', `apikey: ${secret}`])
  assertRawProblem(t, broken, 'credential_malformed')
  const legacy = await ask([`apikey: ${secret}`, ofUser('apikey', `apikey|${secret}`)])
  assertRawProblem(t, legacy, 'credential_legacy_prefix')
  const cookie = await ask([`Cookie: apikey=${secret}; authorization=${secret}`])
  assertRawProblem(t, cookie, 'credential_missing', 'a key in a cookie is none')
  const asSession = await ask([`Cookie: latchkey=${secret}`])
  assertRawProblem(t, asSession, 'credential_wrong_kind', 'a key is no session either')
})

t.test('a key with the old prefix is told to drop it', async (t) => {
  for (const password of [
    `apikey|${secret}`,
    'apikey|0123456789abcdef0123456789abcdef',
    `session|${secret}`,
  ]) {
    assertRawProblem(t, await ask([ofUser('apikey', password)]), 'credential_legacy_prefix')
    assertRawProblem(t, await ask([`apikey: ${password}`]), 'credential_legacy_prefix')
  }
})

t.test("another site's key and service secret are refused as such, and good at home", async (t) => {
  const foreignSecret = Buffer.from(stranger.first.authorization.slice(6), 'base64')
    .toString()
    .slice('first:'.length)
  const foreign = [
    ofUser('apikey', strangersKey.secret),
    `Authorization: Bearer ${strangersKey.secret}`,
    ofUser('first', foreignSecret),
  ]
  for (const header of foreign) assertRawProblem(t, await ask([header]), 'credential_of_another_site')
  const home = await stranger.app.inject({ url: '/v1/me', headers: strangersKey.headers })
  t.equal(home.statusCode, 200)
})

t.test('a credential under the wrong user name is refused as the wrong kind', async (t) => {
  const wrong = [
    ofUser('apikey', serviceSecret),
    `Authorization: Bearer ${serviceSecret}`,
    `apikey: ${serviceSecret}`,
    ofUser('first', secret),
    ofUser('ada@example.org', secret),
    ofUser('APIKEY', secret),
    ofUser('apikey ', secret),
    ofUser('', secret),
  ]
  for (const header of wrong)
    assertRawProblem(t, await ask([header]), 'credential_wrong_kind', header.slice(0, 20))
})

t.test('without a credential, or with a revoked one, nobody is a guest', async (t) => {
  const revoked = await site.mint()
  await site.app.inject({
    method: 'DELETE',
    url: `/v1/admin/api-keys/${revoked.id}`,
    headers: site.first,
  })
  const guarded = ['/v1/me', '/v1/settings', '/v1/api-keys', `/v1/api-keys/${key.id}`, '/v1/admin/services']
  for (const path of [...guarded, '/v1/admin/jobs/AAAAAAAA']) {
    const start = `GET ${path} HTTP/1.1`
    assertRawProblem(t, await exchange(url, { start }), 'credential_missing', path)
    const headers = [ofUser('apikey', revoked.secret)]
    assertRawProblem(t, await exchange(url, { start, headers }), 'credential_invalid', path)
    const head = await exchange(url, { start: `HEAD ${path} HTTP/1.1` })
    t.match([head.status, head.body], [401, ''], `HEAD ${path}`)
  }
  const cached = await exchange(url, { start: 'GET /v1/me HTTP/1.1' })
  t.equal(cached.headers['cache-control'], 'no-store')
})
