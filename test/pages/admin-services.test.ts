import t, { type Test } from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { basic } from '../support/site.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t)
const path = '/admin/services'
const root = await site.cookieSession('root', ['user', 'admin'])
const { cookie } = root.headers
const secretPattern = /lkv_[0-9A-Za-z]{40,}/

const open = async (url: string) => await site.app.inject({ url, headers: { cookie } })
const hiddenOf = async (url: string) => {
  const page = await open(url)
  return { _csrf: hiddenField(page, '_csrf'), nonce: hiddenField(page, 'nonce') }
}
const post = async (url: string, fields: Record<string, string>) =>
  await sendForm(site, url, fields, { cookie })

async function services(): Promise<readonly { name: string; permissions: string[]; expiresAt: string }[]> {
  return (await site.app.inject({ url: '/v1/admin/services', headers: site.first })).json().items
}

async function namesOf(): Promise<string[]> {
  return (await services()).map(({ name }) => name)
}

async function statusOf(name: string, secret: string): Promise<number> {
  return (await site.app.inject({ url: '/v1/me', headers: basic(name, secret) })).statusCode
}

async function events(
  action: string,
): Promise<readonly { subject: string; actor: object; details: object }[]> {
  const url = `/v1/admin/audit?action=${action}`
  return (await site.app.inject({ url, headers: site.first })).json().items
}

function secretIn(t: Test, { statusCode, body }: { statusCode: number; body: string }): string {
  t.equal(statusCode, 201)
  return secretPattern.exec(body)?.[0] ?? ''
}

t.test(
  'threat 8: the secret of a new service is in the one answer of the form; the form works once',
  async (t) => {
    const form = { ...(await hiddenOf(path)), name: 'gateway', permissions: 'verify', lifetime: '30' }
    const first = await post(path, form)
    const secret = secretIn(t, first)
    t.equal(first.headers['cache-control'], 'no-store')
    t.match(first.body, `curl -u gateway:${secret} ${site.app.publicUrl}/v1/me`)
    t.equal(await statusOf('gateway', secret), 200)

    const reload = await post(path, form)
    t.equal(reload.statusCode, 409)
    t.match(reload.body, 'Shown already')
    t.notMatch(reload.body, secretPattern)
    t.equal(await statusOf('gateway', secret), 200, 'the reload gave it no other secret')
    const list = await open(path)
    t.match(list.body, 'gateway')
    t.notMatch(list.body, secretPattern)

    const added = (await services()).find(({ name }) => name === 'gateway')
    t.strictSame(added?.permissions, ['verify'])
    const days = (Date.parse(added?.expiresAt ?? '') - Date.now()) / 86_400_000
    t.ok(days > 29.9 && days < 30.1)
    const [event] = await events('service.added')
    t.match(event, { subject: 'gateway', actor: { kind: 'user', name: 'root', id: root.id } })
  },
)

t.test('several permissions, and a service that never expires', async (t) => {
  const fields = new URLSearchParams({ ...(await hiddenOf(path)), name: 'host', lifetime: 'never' })
  for (const permission of ['sessions', 'mint']) fields.append('permissions', permission)
  const answer = await site.app.inject({
    method: 'POST',
    url: path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', cookie },
    payload: fields.toString(),
  })
  secretIn(t, answer)
  t.match(
    (await services()).find(({ name }) => name === 'host'),
    { permissions: ['sessions', 'mint'], expiresAt: null },
  )
})

t.test('what is refused is said at the form, which keeps what was typed', async (t) => {
  const before = await namesOf()
  const hidden = await hiddenOf(path)
  for (const [fields, status, words] of [
    [{ name: 'gateway', permissions: 'mint' }, 409, 'There is a service of this name already'],
    [{ name: 'Gate Way', permissions: 'mint' }, 400, 'lower case letters'],
    [{ name: 'apikey', permissions: 'mint' }, 400, 'is not &quot;apikey&quot;'],
    [{ name: 'x'.repeat(64), permissions: 'mint' }, 400, '1 to 63'],
    [{ name: 'powerless' }, 400, 'choose at least one'],
  ] as const) {
    const { nonce } = await hiddenOf(path)
    const answer = await post(path, { ...hidden, nonce, lifetime: '7', ...fields })
    t.equal(answer.statusCode, status, fields.name)
    const [, form = ''] = answer.body.split('id="add-service"')
    t.match(form, words, 'at the form')
    t.match(form, `value="${fields.name}"`)
    t.match(form, /<option value="7" selected>/)
    t.equal(/value="mint" checked/.test(form), 'permissions' in fields)
    t.not(hiddenField({ body: form }, 'nonce'), nonce, 'the form can be sent again')
  }
  t.strictSame(await namesOf(), before)
})

t.test('a form that is not ours, or malformed, changes nothing', async (t) => {
  const before = await namesOf()
  const hidden = await hiddenOf(path)
  const form = { ...hidden, name: 'malformed', permissions: 'verify', lifetime: 'never' }
  for (const [change, status, code] of [
    [{ _csrf: '' }, 403, 'csrf_token_invalid'],
    [{ permissions: 'everything' }, 400, 'request_invalid'],
    [{ lifetime: '36500' }, 400, 'request_invalid'],
    [{ name: 'x'.repeat(257) }, 400, 'request_invalid'],
    [{ nonce: 'short' }, 400, 'request_invalid'],
    [{ secret: 'mine' }, 400, 'request_invalid'],
  ] as const) {
    const answer = await post(path, { ...form, ...change })
    t.equal(answer.statusCode, status, JSON.stringify(change))
    t.match(answer.body, `<code>${code}</code>`)
  }
  t.strictSame(await namesOf(), before)
})

t.test('who is no administrator sees and changes nothing', async (t) => {
  const ada = await site.cookieSession('ada')
  const key = await site.mint('root')
  const before = await namesOf()
  for (const url of [path, `${path}/host/rotate`, `${path}/host/remove`]) {
    const page = await site.app.inject({ url, headers: { cookie: ada.headers.cookie } })
    t.equal(page.statusCode, 403)
    t.match(page.body, '<code>role_missing</code>')
    t.notMatch(page.body, 'Permissions')
    const form = { _csrf: ada.headers['x-csrf-token'] ?? '', nonce: 'n'.repeat(22) }
    const sent = await sendForm(site, url, form, { cookie: ada.headers.cookie })
    t.equal(sent.statusCode, 403)
    t.equal((await sendForm(site, url, form, key.headers)).statusCode, 403, "nor an administrator's key")
  }
  t.strictSame(await namesOf(), before)
})

t.test('a service that is not there: 404', async (t) => {
  const { _csrf, nonce } = await hiddenOf(path)
  for (const [action, fields] of [
    ['rotate', { _csrf, nonce, overlap: '0' }],
    ['remove', { _csrf }],
  ] as const) {
    for (const answer of [
      await open(`${path}/nobody/${action}`),
      await post(`${path}/nobody/${action}`, fields),
    ]) {
      t.equal(answer.statusCode, 404)
      t.match(answer.body, '<code>service_not_found</code>')
    }
    t.equal((await open(`${path}/No%20Name/${action}`)).statusCode, 400)
  }
})
