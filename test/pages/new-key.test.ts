import t, { type Test } from 'tap'
import { type CookieSession, startSessionSite } from '../support/session-site.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t)
const keyPattern = /lk[as]_[0-9A-Za-z]{40,}/

async function formOf(session: Pick<CookieSession, 'headers'>) {
  const { cookie } = session.headers
  const page = await site.app.inject({ url: '/keys', headers: { cookie } })
  return { _csrf: hiddenField(page, '_csrf'), nonce: hiddenField(page, 'nonce'), cookie }
}

async function keysOf(
  session: Pick<CookieSession, 'headers'>,
): Promise<readonly { description: string; expiresAt: string | null }[]> {
  return (await site.app.inject({ url: '/v1/api-keys', headers: session.headers })).json().items
}

t.test(
  'threat 8: the key is in the one answer of the form, which no cache keeps; the form works once',
  async (t) => {
    for (const [url, fields] of [
      ['/keys', { lifetime: 'policy' }],
      ['/session-keys', {}],
    ] as const) {
      const session = await site.cookieSession(`user of ${url}`)
      const { cookie, ...hidden } = await formOf(session)
      const form = { ...hidden, ...fields, description: 'nightly import' }
      const first = await sendForm(site, url, form, { cookie })
      t.equal(first.statusCode, 201)
      t.match(first.body, keyPattern)
      t.equal(first.headers['cache-control'], 'no-store')
      t.notOk(first.headers.location, 'no redirect that would carry it')

      const reload = await sendForm(site, url, form, { cookie })
      t.equal(reload.statusCode, 409)
      t.match(reload.body, 'Shown already')
      t.notMatch(reload.body, keyPattern)
      const at = await site.app.inject({
        url: `/v1${url === '/keys' ? '/api-keys' : url}`,
        headers: session.headers,
      })
      t.equal(at.json().items.length, 1, 'the reload made no second key')
      const list = await site.app.inject({ url: '/keys', headers: { cookie } })
      t.match(list.body, 'nightly import')
      t.notMatch(list.body, keyPattern)
    }
  },
)

t.test('ten sendings of one form at once make one key', async (t) => {
  const session = await site.cookieSession('hasty')
  const { cookie, ...form } = await formOf(session)
  const send = async () =>
    await sendForm(site, '/keys', { ...form, description: '', lifetime: 'policy' }, { cookie })
  const answers = await Promise.all(Array.from({ length: 10 }, send))
  t.strictSame(answers.map(({ statusCode }) => statusCode).toSorted(), [201, ...Array(9).fill(409)])
  t.equal((await keysOf(session)).length, 1)
})

t.test('a form without the token of this very session makes nothing, whatever its header says', async (t) => {
  const session = await site.cookieSession('mallory')
  const other = await formOf(await site.cookieSession('other'))
  const { cookie, nonce, _csrf } = await formOf(session)
  const form = { nonce, description: '', lifetime: 'policy' }
  for (const fields of [form, { ...form, _csrf: '' }, { ...form, _csrf: other._csrf }]) {
    const answer = await sendForm(site, '/keys', fields, { cookie })
    t.equal(answer.statusCode, 403)
    t.match(answer.body, 'csrf_token_invalid')
  }
  const byHeader = await sendForm(site, '/keys', form, session.headers)
  t.equal(byHeader.statusCode, 403, 'the token belongs into the form')
  const foreign = await sendForm(
    site,
    '/keys',
    { ...form, _csrf },
    { cookie, 'sec-fetch-site': 'cross-site' },
  )
  t.equal(foreign.statusCode, 403)
  t.match(foreign.body, 'cross_site_write')
  t.equal((await keysOf(session)).length, 0)
})

t.test('unknown and doubled fields, JSON, and a key as the caller are refused', async (t) => {
  const session = await site.cookieSession('tinker')
  const { cookie, ...hidden } = await formOf(session)
  const form = { ...hidden, description: '', lifetime: 'policy' }
  for (const more of [
    { user: 'victim' },
    { expiresAt: '2099-01-01' },
    { __proto__x: '1' },
    { lifetime: '0' },
    { lifetime: '1e3' },
  ]) {
    t.equal(
      (await sendForm(site, '/keys', { ...form, ...more }, { cookie })).statusCode,
      400,
      JSON.stringify(more),
    )
  }
  t.equal(
    (await sendForm(site, '/keys', { ...form, description: 'x'.repeat(257) }, { cookie })).statusCode,
    400,
  )
  const json = await site.app.inject({ method: 'POST', url: '/keys', headers: { cookie }, payload: form })
  t.equal(json.statusCode, 415)
  const key = await site.mint('tinker')
  const byKey = await sendForm(site, '/keys', form, key.headers)
  t.equal(byKey.statusCode, 403)
  t.equal((await keysOf(session)).length, 1, 'only the one that the service made')
})

t.test('the choices of expiry end with the policy, and a longer one is refused', async (t) => {
  const session = await site.cookieSession('patient')
  await setPolicy(t, { apiKeyLifetimeDays: 30 })
  const { cookie, ...hidden } = await formOf(session)
  const page = await site.app.inject({ url: '/keys', headers: { cookie } })
  t.strictSame(
    [...page.body.matchAll(/<option value="(\w+)">([\w ]+), until/g)].map(([, value, label]) => [
      value,
      label,
    ]),
    [
      ['policy', '30 days'],
      ['7', '7 days'],
    ],
  )
  const longer = await sendForm(site, '/keys', { ...hidden, description: '', lifetime: '90' }, { cookie })
  t.equal(longer.statusCode, 400)
  t.match(longer.body, 'lifetime_too_long')
  const { nonce } = await formOf(session)
  const week = await sendForm(site, '/keys', { ...hidden, nonce, description: '', lifetime: '7' }, { cookie })
  t.equal(week.statusCode, 201)
  const [made] = await keysOf(session)
  const days = (Date.parse(made?.expiresAt ?? '') - Date.now()) / 86_400_000
  t.ok(days > 6.9 && days < 7.1)
  await setPolicy(t, { apiKeyLifetimeDays: null })
})

t.test(
  'where creation is off the page says so and whom to ask, and a form kept from before makes nothing',
  async (t) => {
    const session = await site.cookieSession('late')
    const administrator = await site.cookieSession('root', ['user', 'admin'])
    const { cookie, ...hidden } = await formOf(session)
    await setPolicy(t, { apiKeysAllowed: false, sessionKeysAllowed: false })
    const page = await site.app.inject({ url: '/keys', headers: { cookie } })
    t.match(page.body, 'New API keys are switched off on this site')
    t.notMatch(page.body, 'Generate')
    const ofAdministrator = await site.app.inject({
      url: '/keys',
      headers: { cookie: administrator.headers.cookie },
    })
    t.match(ofAdministrator.body, '<a href="/admin/settings">switch them on</a>')
    const kept = await sendForm(site, '/keys', { ...hidden, description: '', lifetime: 'policy' }, { cookie })
    t.equal(kept.statusCode, 403)
    t.match(kept.body, 'api_keys_not_allowed')
    await setPolicy(t, { apiKeysAllowed: true, sessionKeysAllowed: true })
  },
)

t.test("somebody else's key is not found, and stays", async (t) => {
  const victim = await site.mint('victim', 'precious')
  const { cookie, _csrf } = await formOf(await site.cookieSession('thief'))
  for (const action of ['rename', 'revoke']) {
    const page = await site.app.inject({ url: `/keys/${victim.id}/${action}`, headers: { cookie } })
    t.equal(page.statusCode, 404)
    t.notMatch(page.body, 'precious')
    const fields = action === 'rename' ? { _csrf, description: 'mine' } : { _csrf }
    t.equal((await sendForm(site, `/keys/${victim.id}/${action}`, fields, { cookie })).statusCode, 404)
  }
  t.equal((await site.app.inject({ url: '/v1/me', headers: victim.headers })).statusCode, 200)
})

async function setPolicy(t: Test, payload: object): Promise<void> {
  const answer = await site.app.inject({ method: 'PUT', url: '/v1/settings', headers: site.first, payload })
  t.equal(answer.statusCode, 200)
}
