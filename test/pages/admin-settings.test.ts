// /admin/settings without a browser: what the form offers, what it saves, what it refuses and keeps.

import t from 'tap'
import { Settings } from '../../schemas/settings.ts'
import { auditEvents, stateOf } from '../routes/evidence.ts'
import { startSessionSite } from '../support/session-site.ts'
import { fieldsOf, openForm, send, settingsUrl, textAt, unescaped } from './admin-settings.ts'
import { payloads } from './browser.ts'
import { sendForm } from './form.ts'

const site = await startSessionSite(t)
const root = await site.cookieSession('root', ['user', 'admin'])
const { cookie } = root.headers
const settings = async () => (await site.app.inject({ url: '/v1/settings', headers: site.first })).json()
const page = async (url = settingsUrl) => await site.app.inject({ url, headers: { cookie } })

t.test('the expiry offers exactly these words in this order', async (t) => {
  const { body } = await page()
  const select = /<select id="apiKeyLifetimeDays".*?<\/select>/s.exec(body)?.[0] ?? ''
  const options = [...select.matchAll(/<option value="(\w+)"[^>]*>([^<]*)<\/option>/g)]
  t.strictSame(
    options.map(([, value, label]) => [value, label]),
    [
      ['never', 'Never (default)'],
      ['7', '7 days (1 week)'],
      ['30', '30 days (1 month)'],
      ['90', '90 days (3 months)'],
      ['180', '180 days (6 months)'],
      ['365', '365 days (1 year)'],
    ],
  )
  t.equal(fieldsOf({ body }).apiKeyLifetimeDays, 'never')
  t.match(textAt({ body }, 'apiKeysAllowed-hint'), 'Off stops new keys only. Existing keys keep working')
})

t.test('number fields have the bounds of the schema, as bounds and in words', async (t) => {
  const { body } = await page()
  const numbers = ['apiKeysPerUser', 'sessionKeysPerSession', 'sessionIdleMinutes', 'sessionAbsoluteHours']
  for (const name of numbers) {
    const { minimum, maximum } = JSON.parse(JSON.stringify(Settings)).properties[name]
    const field = new RegExp(`<input type="number" id="${name}"[^>]*>`).exec(body)?.[0]
    t.match(field, ` min="${minimum}" max="${maximum}"`)
    t.match(textAt({ body }, `${name}-hint`), `from ${minimum} to ${maximum.toLocaleString('en')}.`)
  }
})

t.test('every setting is saved, and the audit log tells by whom', async (t) => {
  const changes = {
    siteName: 'Keys of the lab',
    apiKeysAllowed: undefined,
    apiKeyLifetimeDays: '90',
    apiKeysPerUser: ' 50 ',
    sessionKeysAllowed: 'on',
    sessionKeysPerSession: '7',
    sessionIdleMinutes: '60',
    sessionAbsoluteHours: '24',
  }
  const saved = await send(site, root, await openForm(site, root), changes)
  t.equal(saved.statusCode, 303)
  t.equal(saved.headers.location, '/admin/settings?notice=saved')
  const expected = {
    siteName: 'Keys of the lab',
    apiKeysAllowed: false,
    apiKeyLifetimeDays: 90,
    apiKeysPerUser: 50,
    sessionKeysAllowed: true,
    sessionKeysPerSession: 7,
    sessionIdleMinutes: 60,
    sessionAbsoluteHours: 24,
  }
  t.same(await settings(), expected)
  const event = (await auditEvents(site.server, 'settings.changed')).at(-1)
  t.match(event, { actor: { kind: 'user', name: 'root' }, address: '127.0.0.1' })
  t.same(event?.details?.apiKeyLifetimeDays, { from: null, to: 90 })
  const after = await page('/admin/settings?notice=saved')
  t.match(after.body, '<p class="notice" role="status">The settings are saved.</p>')
  t.notMatch((await page('/admin/settings?notice=%3Cb%3E')).body, 'role="status"><b>')
  const other = await site.another()
  t.same(
    (await other.app.inject({ url: '/v1/settings', headers: site.first })).json(),
    expected,
    'everywhere',
  )
})

t.test('the same form sent twice is saved once and refused never', async (t) => {
  const form = { ...(await openForm(site, root)), sessionIdleMinutes: '61' }
  const before = (await auditEvents(site.server, 'settings.changed')).length
  for (const _ of [1, 2]) {
    t.equal((await send(site, root, form)).headers.location, '/admin/settings?notice=saved')
  }
  t.equal((await auditEvents(site.server, 'settings.changed')).length, before + 1)
})

t.test(
  'what stands for no value is said at the field by name, all of it is kept and nothing saved',
  async (t) => {
    const form = await openForm(site, root)
    const before = await stateOf(site.server)
    const wrong = ['', '0', '-1', '1.5', '1e2', '+5', 'many', '0x10', '１２', '99999', '9'.repeat(300)]
    const cases: readonly [string, string, readonly string[]][] = [
      ['apiKeysPerUser', 'API keys per user takes a whole number from 1 to 1,000.', [...wrong, '1001']],
      [
        'sessionKeysPerSession',
        'Session keys per session takes a whole number from 1 to 100.',
        [...wrong, '101'],
      ],
      [
        'sessionIdleMinutes',
        'Idle timeout (minutes) takes a whole number from 1 to 10,080.',
        [...wrong, '10081'],
      ],
      [
        'sessionAbsoluteHours',
        'Absolute timeout (hours) takes a whole number from 1 to 720.',
        [...wrong, '721'],
      ],
      [
        'apiKeyLifetimeDays',
        'Expire API keys takes one of the times in the list.',
        ['8', '', 'Never', '30 '],
      ],
      [
        'siteName',
        'Site name takes 1 to 64 characters',
        ['', 'x'.repeat(65), 'a"b', 'a\\b', 'a\u0000b', 'a\nb'],
      ],
    ]
    for (const [name, said, values] of cases) {
      for (const value of values) {
        const changes = { siteName: 'Kept', sessionIdleMinutes: '77', apiKeysAllowed: 'on', [name]: value }
        const answer = await send(site, root, form, changes)
        t.equal(answer.statusCode, 400, `${name} ${JSON.stringify(value)}`)
        t.match(textAt(answer, `${name}-problem`), said)
        t.match(answer.body, `<a href="#${name}">`)
        t.match(answer.body, new RegExp(`name="${name}"[^>]* aria-invalid="true"`))
        const kept = fieldsOf(answer)
        const expected = { ...form, ...changes, ...(name === 'apiKeyLifetimeDays' ? { [name]: '' } : {}) }
        t.same(kept, expected, 'what it was made from and all that was typed')
      }
    }
    t.same(await stateOf(site.server), before)
  },
)

t.test('two problems are said both, and a preview with problems counts nothing', async (t) => {
  const changes = { sessionIdleMinutes: '0', siteName: '', intent: 'preview' }
  const answer = await send(site, root, await openForm(site, root), changes)
  t.equal(answer.statusCode, 400)
  t.ok(textAt(answer, 'sessionIdleMinutes-problem'))
  t.ok(textAt(answer, 'siteName-problem'))
  t.equal(textAt(answer, 'preview'), null)
})

t.test('what people do not type is taken only as the page made it', async (t) => {
  const form = await openForm(site, root)
  const before = await stateOf(site.server)
  const shown = JSON.parse(form.shown ?? '')
  const forged: readonly Record<string, string | undefined>[] = [
    { shown: 'no JSON' },
    { shown: '[]' },
    { shown: 'null' },
    { shown: JSON.stringify({ ...shown, more: 1 }) },
    { shown: JSON.stringify({ ...shown, siteName: 7 }) },
    { shown: JSON.stringify({ ...shown, apiKeysPerUser: '5' }) },
    { shown: JSON.stringify({ ...shown, apiKeysPerUser: undefined }) },
    { shown: `{"__proto__":{},${JSON.stringify(shown).slice(1)}` },
    { shown: undefined },
    { etag: '*' },
    { etag: `${form.etag}, *` },
    { etag: undefined },
    { clamp: 'yes' },
    { intent: 'delete' },
    { apiKeysAllowed: 'true' },
    { generation: 'AAAAAAAA' },
    { siteName: 'x'.repeat(3_000) },
  ]
  for (const changes of forged) {
    const answer = await send(site, root, form, { sessionIdleMinutes: '99', ...changes })
    t.equal(answer.statusCode, 400, JSON.stringify(changes))
    t.match(answer.body, '<code>request_invalid</code>')
  }
  t.same(await stateOf(site.server), before)
})

t.test('only an administrator in a session with the token of the form may', async (t) => {
  const form = await openForm(site, root)
  const ada = await site.cookieSession('ada')
  const before = await stateOf(site.server)
  const change = { ...form, sessionIdleMinutes: '99' }
  const refused: readonly [string, Record<string, string>, Record<string, string>, string][] = [
    ['a user', change, { cookie: ada.headers.cookie }, 'role_missing'],
    ['without a token', { ...change, _csrf: '' }, { cookie }, 'csrf_token_invalid'],
    ["a user's token", { ...change, _csrf: ada.headers['x-csrf-token'] }, { cookie }, 'csrf_token_invalid'],
    ['another site', change, { cookie, origin: 'https://evil.example' }, 'cross_site_write'],
    ['a service', change, site.first, 'user_credential_needed'],
  ]
  for (const [who, fields, headers, code] of refused) {
    const answer = await sendForm(site, settingsUrl, fields, headers)
    t.equal(answer.statusCode, 403, who)
    t.match(answer.body, `<code>${code}</code>`, who)
  }
  const read = await site.app.inject({ url: settingsUrl, headers: { cookie: ada.headers.cookie } })
  t.equal(read.statusCode, 403)
  t.equal((await site.app.inject({ url: settingsUrl })).headers.location, '/sign-in?to=%2Fadmin%2Fsettings')
  t.same(await stateOf(site.server), before)
})

t.test('site names are text wherever the page shows them', async (t) => {
  const allowed = payloads.filter((payload) => payload.length <= 64 && !/["\\]/.test(payload))
  t.ok(allowed.length >= 8)
  for (const name of [...allowed, 'مفاتيح المختبر', '\u202Eevil', '🔑'.repeat(64)]) {
    const saved = await send(site, root, await openForm(site, root), { siteName: name })
    t.equal(saved.statusCode, 303, name)
    const { body } = await page()
    t.equal(fieldsOf({ body }).siteName, name)
    t.equal(JSON.parse(fieldsOf({ body }).shown ?? '').siteName, name)
    if (/[<>]/.test(name)) t.notOk(body.includes(name), 'never as markup')
    t.ok(unescaped(body).includes(`<title>Settings · ${name}</title>`))
  }
})

t.test('where both switches are off the page welcomes, and saving leads to the keys', async (t) => {
  await send(site, root, await openForm(site, root), {
    siteName: 'A & B',
    apiKeysAllowed: undefined,
    sessionKeysAllowed: undefined,
  })
  const first = await page()
  t.match(first.body, '<h1>Welcome to <bdi>A &amp; B</bdi></h1>')
  const problem = await send(site, root, fieldsOf(first), { apiKeysAllowed: 'on', apiKeysPerUser: '0' })
  t.match(problem.body, '<h1>Welcome to', 'still, when something is wrong')
  const saved = await send(site, root, fieldsOf(problem), { apiKeysPerUser: '10' })
  t.equal(saved.headers.location, '/keys?notice=settings')
  t.match((await page('/keys?notice=settings')).body, 'The settings are saved.')
  t.match((await page()).body, '<h1>Settings</h1>')
  t.match(await settings(), { apiKeysAllowed: true, sessionKeysAllowed: false, apiKeysPerUser: 10 })
})
