// What an administrator ends on the page of a user: asked first, done at once on every instance, never to oneself.

import t, { type Test } from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t)
const other = await site.another()
const boss = await site.cookieSession('boss', ['user', 'admin'])
const { cookie } = boss.headers
const csrf = hiddenField(await get('/admin/users'), '_csrf')

async function get(url: string) {
  return await site.app.inject({ url, headers: { cookie } })
}

async function post(url: string, fields: Readonly<Record<string, string>> = {}) {
  return await sendForm(site, url, { _csrf: csrf, ...fields }, { cookie })
}

async function statusOf(headers: Readonly<Record<string, string>>) {
  return (await other.app.inject({ url: '/v1/me', headers })).statusCode
}

async function audit(subject: string) {
  const url = `/v1/admin/audit?subject=${encodeURIComponent(subject)}`
  return (await site.app.inject({ url, headers: site.first })).json().items
}

async function record(name: string) {
  return await site.app.inject({
    url: `/v1/admin/users/${encodeURIComponent(name)}`,
    headers: site.first,
  })
}

function assertPage(t: Test, answer: { statusCode: number; body: string }, status: number, code: string) {
  t.equal(answer.statusCode, status)
  t.match(answer.body, `<code>${code}</code>`)
}

/** A user with everything that can be ended. */
async function somebody(name: string) {
  const [key, second] = [await site.mint(name), await site.mint(name)]
  const session = await site.cookieSession(name)
  const sessionKey = await site.sessionKey(session.id)
  return { key, second, session, sessionKey }
}

const done = { actor: { kind: 'user', name: 'boss', id: boss.id }, address: '127.0.0.1' }

t.test(
  'disabling refuses every credential at once, elsewhere too; enabling lets them in again',
  async (t) => {
    const { key, session, sessionKey } = await somebody('ada')
    const question = await get('/admin/users/ada/disable')
    t.match(question.body, '<bdi>ada</bdi>')
    t.match(question.body, 'refused at once, on every instance')
    t.equal(await statusOf(key.headers), 200, 'the question does nothing')
    const all = [key.headers, session.headers, sessionKey.headers]
    const answer = await post('/admin/users/ada/disable')
    t.equal(answer.headers.location, '/admin/users/ada?notice=disabled')
    for (const headers of all) t.equal(await statusOf(headers), 401)
    t.match(await audit('ada'), [{ action: 'user.changed', details: { disabled: true }, ...done }])
    t.match((await get('/admin/users/ada?notice=disabled')).body, 'Nothing lets them in any more.')
    t.equal((await post('/admin/users/ada/enable')).statusCode, 303)
    for (const headers of all) t.equal(await statusOf(headers), 200)
    t.match(await audit('ada'), [{ action: 'user.changed', details: { disabled: false }, ...done }])
  },
)

t.test('revoking all API keys says how many, and leaves sessions and others alone', async (t) => {
  const { key, second, session, sessionKey } = await somebody('bob')
  const bystander = await site.mint('bobby')
  const question = await get('/admin/users/bob/revoke-keys')
  t.match(question.body, '2 API keys would be revoked')
  t.match(question.body, '<bdi>bob</bdi>')
  t.equal((await post('/admin/users/bob/revoke-keys')).headers.location, '/admin/users/bob?notice=revoked')
  for (const headers of [key.headers, second.headers]) t.equal(await statusOf(headers), 401)
  for (const headers of [session.headers, sessionKey.headers, bystander.headers])
    t.equal(await statusOf(headers), 200)
  t.match(await audit('bob'), [
    { action: 'api-keys.revoked', details: { scope: 'user', listed: 2 }, ...done },
  ])
})

t.test('signing out everywhere ends sessions with their keys, and no API key', async (t) => {
  const { key, session, sessionKey } = await somebody('carol')
  await site.cookieSession('carol')
  t.match((await get('/admin/users/carol/sign-out')).body, '2 sessions would end')
  t.equal((await post('/admin/users/carol/sign-out')).headers.location, '/admin/users/carol?notice=out')
  for (const headers of [session.headers, sessionKey.headers]) t.equal(await statusOf(headers), 401)
  t.equal(await statusOf(key.headers), 200)
  t.match(await audit('carol'), [{ action: 'session.ended', details: { all: true }, ...done }])
})

t.test('a user is deleted only after the name was typed', async (t) => {
  const { key, session, sessionKey } = await somebody('Dave Álvarez')
  const path = `/admin/users/${encodeURIComponent('Dave Álvarez')}/delete`
  t.match((await get(path)).body, 'with 2 API keys')
  const before = (await audit('Dave Álvarez')).length
  for (const typed of ['', 'Dave', 'dave alvarez', ' ', '\u0007', 'x'.repeat(200)]) {
    const refused = await post(path, { typed })
    t.equal(refused.statusCode, 400, typed)
    t.match(refused.body, 'What you typed is not the name of this user. Nothing was deleted.')
  }
  t.equal((await post(path)).statusCode, 400, 'nothing at all')
  t.equal((await audit('Dave Álvarez')).length, before)
  t.equal(await statusOf(key.headers), 200)
  const answer = await post(path, { typed: ' dave álvarez ' })
  t.equal(answer.headers.location, '/admin/users?notice=deleted')
  for (const { headers } of [key, session, sessionKey]) t.equal(await statusOf(headers), 401)
  t.equal((await record('Dave Álvarez')).statusCode, 404)
  t.match(await audit('Dave Álvarez'), [{ action: 'user.deleted', ...done }])
  t.match((await get('/admin/users?notice=deleted')).body, 'The user is deleted.')
})

t.test('names of dots and slashes have pages and actions of their own', async (t) => {
  for (const name of ['.', '..', 'a/b', '%2e', 'delete', '?', '#x', '\\', 'link']) {
    await site.cookieSession(name)
    const { body } = await get(`/admin/users?beginning=${encodeURIComponent(name)}`)
    const rows = [...body.matchAll(/class="breakable" data-label="Name"><a href="([^"]+)"><bdi>([^<]+)</g)]
    const path = rows.find(([, , shown]) => shown === name)?.[1] ?? ''
    // As a browser reads it.
    const { pathname } = new URL(path, 'http://localhost:3000')
    t.match((await get(pathname)).body, `<h1><bdi>${name}</bdi></h1>`, name)
    t.equal(
      (await post(`${pathname}/delete`, { typed: name })).headers.location,
      '/admin/users?notice=deleted',
    )
    t.match(await audit(name), [{ action: 'user.deleted' }])
  }
})

t.test('nobody disables, deletes or un-administrates themselves, offered or forged', async (t) => {
  const { body } = await get('/admin/users/boss')
  t.match(body, 'another administrator can disable or delete it')
  for (const action of ['disable', 'delete', 'impersonation']) t.notMatch(body, `/admin/users/boss/${action}`)
  const before = await audit('boss')
  for (const name of ['boss', 'BOSS', 'ｂｏｓｓ']) {
    for (const action of ['disable', 'delete']) {
      const path = `/admin/users/${encodeURIComponent(name)}/${action}`
      assertPage(t, await get(path), 409, 'own_account')
      assertPage(t, await post(path, { typed: 'boss' }), 409, 'own_account')
    }
  }
  const tag = hiddenField({ body }, 'tag')
  const refused = await post('/admin/users/boss', { roles: 'user', groups: 'lab', tag })
  t.equal(refused.statusCode, 409)
  t.match(refused.body, 'You cannot disable or delete yourself here')
  t.match(refused.body, 'value="lab"', 'what was typed is kept')
  t.strictSame(await audit('boss'), before)
  t.match((await record('boss')).json(), { roles: ['user', 'admin'], groups: [], disabled: false })
  t.equal((await post('/admin/users/boss', { roles: 'admin', groups: 'lab', tag })).statusCode, 303)
  t.match((await record('boss')).json(), { roles: ['admin'], groups: ['lab'] }, 'the rest may be changed')
})

t.test('while impersonating an administrator, neither of the two is touched', async (t) => {
  await site.cookieSession('second', ['user', 'admin'])
  const first = await site.cookieSession('third', ['user', 'admin'])
  const started = await site.app.inject({
    method: 'POST',
    url: '/v1/session/impersonation',
    headers: first.headers,
    payload: { kind: 'user', name: 'second' },
  })
  const acting = { cookie: `latchkey=${started.cookies[0]?.value}` }
  const token = { _csrf: started.json().csrfToken, typed: 'second' }
  for (const path of [
    '/admin/users/second/disable',
    '/admin/users/third/disable',
    '/admin/users/second/delete',
  ])
    assertPage(t, await sendForm(site, path, token, acting), 409, 'own_account')
  t.match((await record('second')).json(), { disabled: false })
  t.match((await record('third')).json(), { disabled: false })
})

t.test('signing oneself out everywhere is possible, and ends at the sign-in', async (t) => {
  const me = await site.cookieSession('leaving', ['user', 'admin'])
  const mine = { cookie: me.headers.cookie }
  const path = '/admin/users/leaving/sign-out'
  const question = await site.app.inject({ url: path, headers: mine })
  t.match(question.body, 'you are signed out here, too')
  const answer = await sendForm(site, path, { _csrf: hiddenField(question, '_csrf') }, mine)
  t.equal(answer.headers.location, '/sign-in?notice=out')
  t.match(answer.cookies, [{ name: 'latchkey', value: '' }])
  t.equal(await statusOf(me.headers), 401)
})
