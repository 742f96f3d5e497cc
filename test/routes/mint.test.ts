// POST /v1/users/{user}/api-keys: what is answered, and for whom. See also mint-refused and mint-limits.

import t from 'tap'
import { startSite } from '../support/site.ts'
import { assertProblem, auditEvents, send, serviceWith, stateOf } from './evidence.ts'

const site = await startSite(t)
const minter = await serviceWith(site, 'minter', ['mint'])
const pathOf = (user: string) => `POST /v1/users/${encodeURIComponent(user)}/api-keys`
const mint = async (user: string, body?: object, headers = site.first) =>
  await send(site, pathOf(user), headers, body)

t.test('a minted key is answered once, in full, and never to be cached', async (t) => {
  const answer = await mint('ada@example.org', { description: 'nightly import' })
  t.equal(answer.statusCode, 201)
  t.equal(answer.headers['cache-control'], 'no-store')
  t.match(answer.headers['content-type'], /^application\/json\b/)
  const key = answer.json()
  const members = ['id', 'number', 'kind', 'user', 'description', 'createdAt', 'expiresAt', 'secret']
  t.same(Object.keys(key).toSorted(), members.toSorted())
  t.match(key, {
    id: /^[0-9A-Za-z]{16}$/,
    number: Number,
    kind: 'api-key',
    user: 'ada@example.org',
    description: 'nightly import',
    expiresAt: null,
    secret: /^lka_[0-9A-Za-z]{58}$/,
  })
  t.equal(new Date(key.createdAt).toISOString(), key.createdAt)
  t.equal(key.secret.slice(8, 24), key.id, 'the key addresses its own record')
})

t.test('each mint is one audit event that names minter, owner and key, and never the secret', async (t) => {
  const earlier = await auditEvents(site.server)
  const answer = await mint('grace@example.org', { description: 'first of a new user' }, minter)
  const { id, number, secret } = answer.json()
  const byMinter = { actor: { kind: 'service', name: 'minter', id: 'minter' }, address: '127.0.0.1' }
  const events = (await auditEvents(site.server)).filter(
    (event) => !earlier.some((known) => JSON.stringify(known) === JSON.stringify(event)),
  )
  t.same(events, [
    { ...byMinter, action: 'user.created', subject: 'grace@example.org' },
    {
      ...byMinter,
      action: 'api-key.minted',
      subject: 'grace@example.org',
      details: { id, number, expiresAtMs: null },
    },
  ])
  t.notMatch(JSON.stringify(events), secret)
})

t.test('an unknown user is created with the role user and nothing more', async (t) => {
  const key = await site.mint('newcomer@example.org')
  const { user } = (await send(site, 'GET /v1/me', key.headers)).json()
  t.same(user, { id: key.id.slice(0, 8), name: 'newcomer@example.org', roles: ['user'], groups: [] })
})

t.test(
  'a user is found whatever the case or Unicode form of the name; the first form is shown',
  async (t) => {
    const sameNames = [
      ['Joan@Example.org', 'joan@example.org', 'JOAN@EXAMPLE.ORG', 'ｊｏａｎ@example.org'],
      ['Straße', 'STRASSE', 'strasse'],
      ['\u00e9mile', 'e\u0301mile', 'ÉMILE'],
      ['Σίσυφος', 'ΣΊΣΥΦΟΣ', 'σίσυφοσ'],
      ['\u212Aelvin', 'kelvin', 'KELVIN'],
    ]
    for (const [first = '', ...others] of sameNames) {
      const { id } = await site.mint(first)
      for (const other of others) {
        const key = (await mint(other)).json()
        t.equal(key.user, first, `${other} is ${first}`)
        t.equal(key.id.slice(0, 8), id.slice(0, 8))
      }
    }
    t.not(
      (await site.mint('joan2@example.org')).id.slice(0, 8),
      (await site.mint('joan@example.org')).id.slice(0, 8),
    )
  },
)

t.test('ten mints at once for a new name make one user', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => mint(index % 2 === 0 ? 'Ten@Once' : 'ten@once')),
  )
  t.same(new Set(answers.map((answer) => answer.statusCode)), new Set([201]))
  t.equal(new Set(answers.map((answer) => answer.json().id.slice(0, 8))).size, 1)
  const created = await auditEvents(site.server, 'user.created')
  t.equal(created.filter(({ subject }) => subject.toLowerCase() === 'ten@once').length, 1)
})

const oddNames = [
  'a/b/c',
  'a b',
  '日本語@例え.jp',
  '100%25@x',
  'who?#fragment',
  '{site}:k:*',
  '"quoted\\back"',
  '__proto__',
  'constructor',
  'apikey',
  'ada:key',
  '<b>&amp;',
  'a'.repeat(128),
  'é'.repeat(128),
  '𝒳'.repeat(128),
  '😀'.repeat(128),
]

t.test('odd names come through percent-encoding unharmed, up to 128 characters of any width', async (t) => {
  for (const name of oddNames) {
    const answer = await mint(name)
    t.equal(answer.statusCode, 201, name)
    t.equal(answer.json().user, name)
    const changed = await send(site, `PATCH /v1/admin/users/${encodeURIComponent(name)}`, site.first, {
      groups: ['odd'],
    })
    t.match(changed.json(), { name, groups: ['odd'] })
  }
})

t.test('names that are empty, too long, or hide something are refused and no user is made', async (t) => {
  const before = await stateOf(site.server)
  const hiding = [
    ' ada',
    'ada ',
    'a\u0000b',
    'a\nb',
    'a\u202eb',
    'a\u200db',
    '\ue000',
    'a\u2028b',
    '\u00a0ada',
  ]
  const tooLongWhenFolded = ['ﷺ'.repeat(8), 'ß'.repeat(65)]
  for (const name of [...hiding, ...tooLongWhenFolded]) {
    assertProblem(t, await mint(name), 'user_name_invalid', encodeURIComponent(name))
  }
  for (const name of ['', 'a'.repeat(129), '😀'.repeat(129)]) {
    const answer = await mint(name)
    t.ok([400, 404].includes(answer.statusCode), `${name.length} characters`)
    t.match(answer.json(), { code: /^(request_invalid|user_name_invalid|not_found)$/ })
  }
  t.same(await stateOf(site.server), before)
})

t.test('a description has at most 256 characters, whatever their width, and is kept as it is', async (t) => {
  for (const description of [
    '',
    'd'.repeat(256),
    '😀'.repeat(256),
    '<script>\n=1+1',
    ' spaces ',
    'a\u0000b',
  ]) {
    const answer = await mint('descriptions', { description })
    t.equal(answer.statusCode, 201)
    t.equal(answer.json().description, description)
  }
  const before = await stateOf(site.server)
  for (const description of ['d'.repeat(257), '😀'.repeat(257), 7, null, true, ['d'], { d: 1 }]) {
    assertProblem(t, await mint('descriptions', { description }), 'request_invalid')
  }
  t.same(await stateOf(site.server), before)
})

t.test('no body at all is fine: there is nothing to say about the key', async (t) => {
  const answer = await mint('silent')
  t.equal(answer.statusCode, 201)
  t.equal(answer.json().description, '')
})
