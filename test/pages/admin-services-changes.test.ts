import t, { type Test } from 'tap'
import { openSite } from '../../domain/site.ts'
import { names } from '../../store/names.ts'
import { startSessionSite } from '../support/session-site.ts'
import { basic, type Instance, startInstance } from '../support/site.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t)
const path = '/admin/services'
const root = await site.cookieSession('root', ['user', 'admin'])
const { cookie } = root.headers
const secretPattern = /lkv_[0-9A-Za-z]{40,}/

const open = async (url: string) => await site.app.inject({ url, headers: { cookie } })
const post = async (url: string, fields: Record<string, string>) =>
  await sendForm(site, url, fields, { cookie })

async function addService(name: string, more: object = {}): Promise<string> {
  const answer = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/services',
    headers: site.first,
    payload: { name, permissions: ['verify'], ...more },
  })
  return answer.json().secret
}

async function rotate(t: Test, name: string, overlap: string): Promise<{ secret: string; body: string }> {
  const url = `${path}/${name}/rotate`
  const page = await open(url)
  const form = { _csrf: hiddenField(page, '_csrf'), nonce: hiddenField(page, 'nonce'), overlap }
  const answer = await post(url, form)
  t.equal(answer.statusCode, 201)
  const again = await post(url, form)
  t.equal(again.statusCode, 409, 'the form works once')
  t.notMatch(again.body, secretPattern)
  return { secret: secretPattern.exec(answer.body)?.[0] ?? '', body: answer.body }
}

async function statusOf(name: string, secret: string, at: Pick<Instance, 'app'> = site): Promise<number> {
  return (await at.app.inject({ url: '/v1/me', headers: basic(name, secret) })).statusCode
}

async function secondInstance(t: Test): Promise<Instance> {
  const other = await startInstance(t, { url: site.server.url })
  await openSite(other.core)
  return other
}

async function events(action: string): Promise<readonly object[]> {
  const url = `/v1/admin/audit?action=${action}`
  return (await site.app.inject({ url, headers: site.first })).json().items
}

t.test('a new secret works at once, beside the old one for as long as was chosen', async (t) => {
  const old = await addService('overlapping')
  const page = await open(`${path}/overlapping/rotate`)
  t.match(page.body, /<option value="24" selected>24 hours/)
  t.notMatch(page.body, 'still expires', 'it never does')
  const { secret, body } = await rotate(t, 'overlapping', '24')
  t.match(body, 'The old secret works for another 24 hours.')
  t.not(secret, old)
  t.strictSame([await statusOf('overlapping', secret), await statusOf('overlapping', old)], [200, 200])
  const [event] = await events('service.rotated')
  t.match(event, {
    subject: 'overlapping',
    actor: { kind: 'user', name: 'root', id: root.id },
    details: { overlapHours: 24 },
  })
})

t.test('without an overlap every instance refuses the old secret at once', async (t) => {
  const old = await addService('leaked', { lifetimeDays: 30 })
  const other = await secondInstance(t)
  t.equal(await statusOf('leaked', old, other), 200)
  t.match((await open(`${path}/leaked/rotate`)).body, 'still expires')
  const { secret, body } = await rotate(t, 'leaked', '0')
  t.match(body, 'The old secret is refused from now on.')
  t.strictSame([await statusOf('leaked', old, other), await statusOf('leaked', secret, other)], [401, 200])
})

t.test('an overlap that was not offered, and a form without its token, rotate nothing', async (t) => {
  const old = await addService('steady')
  const url = `${path}/steady/rotate`
  const page = await open(url)
  const form = { _csrf: hiddenField(page, '_csrf'), nonce: hiddenField(page, 'nonce'), overlap: '24' }
  const before = (await events('service.rotated')).length
  for (const [change, status, code] of [
    [{ overlap: '9999' }, 400, 'request_invalid'],
    [{ overlap: '-1' }, 400, 'request_invalid'],
    [{ overlap: '' }, 400, 'request_invalid'],
    [{ name: 'first' }, 400, 'request_invalid'],
    [{ _csrf: 'x' }, 403, 'csrf_token_invalid'],
  ] as const) {
    const answer = await post(url, { ...form, ...change })
    t.equal(answer.statusCode, status, JSON.stringify(change))
    t.match(answer.body, `<code>${code}</code>`)
  }
  t.equal(await statusOf('steady', old), 200)
  t.equal((await events('service.rotated')).length, before)
})

t.test('removing asks first, and then every instance refuses the secret at once', async (t) => {
  const secret = await addService('doomed', { permissions: ['mint', 'sessions'] })
  const make = async (url: string) => {
    const headers = basic('doomed', secret)
    return (await site.app.inject({ method: 'POST', url, headers, payload: {} })).json()
  }
  const key = await make('/v1/users/ada/api-keys')
  const session = await make('/v1/users/ada/sessions')
  const other = await secondInstance(t)
  const url = `${path}/doomed/remove`
  const question = await open(url)
  t.equal(question.statusCode, 200)
  t.match(question.body, 'Remove this service?')
  t.match(question.body, 'doomed')
  t.equal((await post(url, { _csrf: 'x' })).statusCode, 403)
  t.equal(await statusOf('doomed', secret, other), 200, 'asking and a forged form remove nothing')

  const answer = await post(url, { _csrf: hiddenField(question, '_csrf') })
  t.equal(answer.statusCode, 303)
  t.equal(answer.headers.location, `${path}?notice=removed`)
  t.equal(await statusOf('doomed', secret, other), 401)
  t.equal(await statusOf('apikey', key.secret, other), 200, 'a key that it minted goes on')
  const read = { url: `/v1/sessions/${session.id}`, headers: site.first }
  t.equal((await other.app.inject(read)).statusCode, 200, 'and a session that it opened')
  t.match((await open(`${path}?notice=removed`)).body, 'The service is removed.')
  t.notMatch((await open(`${path}?notice=hacked`)).body, 'role="status">')
  const [event] = await events('service.removed')
  t.match(event, { subject: 'doomed', actor: { kind: 'user', name: 'root', id: root.id } })
  t.equal((await post(url, { _csrf: hiddenField(question, '_csrf') })).statusCode, 404, 'a second time')
})

t.test('the list warns of what expires within a week, and of that alone', async (t) => {
  await addService('weekly', { lifetimeDays: 6 })
  await addService('monthly', { lifetimeDays: 30 })
  await addService('lasting')
  const { body } = await open(path)
  const rowOf = (name: string): string =>
    body.split('<tr role="row">').find((row) => row.includes(`>${name}<`)) ?? ''
  t.match(rowOf('weekly'), 'tag warning')
  t.match(rowOf('weekly'), 'in 6 days')
  t.match(rowOf('monthly'), 'in 30 days')
  t.notMatch(rowOf('monthly'), 'warning')
  t.match(rowOf('lasting'), 'data-label="Expires">never')
  t.match(rowOf('lasting'), 'data-label="Last used"><span class="none">never')
})

t.test('a service that is in the list by its name alone, because it has expired, is not shown', async (t) => {
  await addService('gone')
  await site.server.command('DEL', names.service('gone'))
  t.notMatch((await open(path)).body, '>gone<')
  t.equal((await open(`${path}/gone/rotate`)).statusCode, 404)
})
