// The page of one user: roles and groups that nobody loses, what cannot be taken back, and nobody against themselves.

import t, { type Test } from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t)
const root = await site.cookieSession('root', ['user', 'admin'])
const { cookie } = root.headers
const csrf = hiddenField(await get('/admin/users'), '_csrf')

async function get(url: string) {
  return await site.app.inject({ url, headers: { cookie } })
}

async function post(url: string, fields: Readonly<Record<string, string>> = {}) {
  return await sendForm(site, url, { _csrf: csrf, ...fields }, { cookie })
}

async function api(method: 'GET' | 'PATCH' | 'DELETE', url: string, payload?: object) {
  return await site.app.inject({ method, url, headers: site.first, ...(payload ? { payload } : {}) })
}

async function record(name: string) {
  return (await api('GET', `/v1/admin/users/${encodeURIComponent(name)}`)).json()
}

/** Newest first. */
async function audit(subject: string) {
  return (await api('GET', `/v1/admin/audit?subject=${encodeURIComponent(subject)}`)).json().items
}

function assertPage(t: Test, answer: { statusCode: number; body: string }, status: number, code: string) {
  t.equal(answer.statusCode, status)
  t.match(answer.body, `<code>${code}</code>`)
}

t.test('the page says who it is, and what is there of them', async (t) => {
  await site.mint('مريم')
  await site.cookieSession('مريم', ['user', 'analyst'])
  const { statusCode, body } = await get(`/admin/users/${encodeURIComponent('مريم')}`)
  t.equal(statusCode, 200)
  t.match(body, '<h1><bdi>مريم</bdi></h1>')
  t.match(body, '1 key</a>')
  t.match(body, '1 open</a>')
  t.match(body, 'value="user, analyst"')
  t.match(body, `href="/admin/sessions?user=${encodeURIComponent('مريم')}"`)
})

t.test('roles and groups are saved, count at once, and are audited', async (t) => {
  const ada = await site.cookieSession('ada')
  const other = await site.another()
  const tag = hiddenField(await get('/admin/users/ada'), 'tag')
  const fields = { roles: 'user, admin', groups: 'lab  lab:genomics', tag }
  const saved = await post('/admin/users/ada', fields)
  t.equal(saved.statusCode, 303)
  t.equal(saved.headers.location, '/admin/users/ada?notice=saved')
  t.match(await record('ada'), { roles: ['user', 'admin'], groups: ['lab', 'lab:genomics'] })
  const me = (await other.app.inject({ url: '/v1/me', headers: ada.headers })).json()
  t.strictSame(me.user.groups, ['lab', 'lab:genomics'], 'on another instance, too')
  const [event] = await audit('ada')
  t.match(event, {
    action: 'user.changed',
    actor: { kind: 'user', name: 'root', id: root.id },
    details: { roles: ['user', 'admin'], groups: ['lab', 'lab:genomics'] },
  })
  const none = { roles: '', groups: '', tag: hiddenField(await get('/admin/users/ada'), 'tag') }
  t.equal((await post('/admin/users/ada', none)).statusCode, 303, 'none is possible')
  t.match(await record('ada'), { roles: [], groups: [] })
})

t.test('what somebody else changed meanwhile is shown, not overwritten', async (t) => {
  await site.cookieSession('bob')
  const tag = hiddenField(await get('/admin/users/bob'), 'tag')
  await api('PATCH', '/v1/admin/users/bob', { groups: ['theirs'] })
  const late = await post('/admin/users/bob', { roles: 'user, mine', groups: 'mine', tag })
  t.equal(late.statusCode, 412)
  t.match(late.body, 'Somebody changed this user since the page was opened')
  t.match(late.body, 'value="user, mine"')
  t.match(late.body, 'At present: user<')
  t.match(late.body, 'At present: theirs<')
  t.match(await record('bob'), { roles: ['user'], groups: ['theirs'] })
  const again = { roles: 'user, mine', groups: 'mine theirs', tag: hiddenField(late, 'tag') }
  t.equal((await post('/admin/users/bob', again)).statusCode, 303)
  t.match(await record('bob'), { roles: ['user', 'mine'], groups: ['mine', 'theirs'] })

  const stale = hiddenField(await get('/admin/users/bob'), 'tag')
  await api('DELETE', '/v1/admin/users/bob')
  t.equal((await post('/admin/users/bob', { ...again, tag: stale })).statusCode, 404)
  await site.mint('bob')
  t.equal((await post('/admin/users/bob', { ...again, tag: stale })).statusCode, 412, 'a later bob')
  t.match(await record('bob'), { roles: ['user'], groups: [] })
})

t.test('twenty who save the same page at once: one does, the others are told', async (t) => {
  await site.cookieSession('race')
  const tag = hiddenField(await get('/admin/users/race'), 'tag')
  const save = async (_: unknown, index: number) =>
    await post('/admin/users/race', { roles: 'user', groups: `g${index}`, tag })
  const answers = await Promise.all(Array.from({ length: 20 }, save))
  const statuses = answers.map(({ statusCode }) => statusCode).toSorted()
  t.strictSame(statuses, [303, ...Array(19).fill(412)])
  const changes = (await audit('race')).filter(({ details }: { details: object }) => 'groups' in details)
  t.equal(changes.length, 1)
})

t.test('a wrong name is said at the form, and nothing is changed', async (t) => {
  await site.cookieSession('carol')
  const tag = hiddenField(await get('/admin/users/carol'), 'tag')
  const answer = await post('/admin/users/carol', { roles: 'user, né', groups: 'lab', tag })
  t.equal(answer.statusCode, 400)
  t.match(answer.body, '“né” cannot be a role')
  t.match(answer.body, 'value="user, né"')
  t.match(answer.body, 'value="lab"')
  t.equal(hiddenField(answer, 'tag'), tag)
  t.match(await record('carol'), { roles: ['user'], groups: [] })
})

t.test('a new link is shown once; the older is worthless', async (t) => {
  await site.cookieSession('dave')
  const links: string[] = []
  for (const round of ['first', 'second']) {
    const nonce = hiddenField(await get('/admin/users/dave'), 'nonce')
    const answer = await post('/admin/users/dave/link', { nonce })
    t.equal(answer.statusCode, 201, round)
    links.push(/\/invitation\/lki_\w+/.exec(answer.body)?.[0] ?? '')
    const reload = await post('/admin/users/dave/link', { nonce })
    t.equal(reload.statusCode, 409)
    t.notMatch(reload.body, /lki_/)
  }
  t.equal((await site.app.inject({ url: links[0] ?? '' })).statusCode, 404)
  t.equal((await site.app.inject({ url: links[1] ?? '' })).statusCode, 200)
  t.equal((await get('/admin/users/dave/link')).headers.location, '/admin/users/dave')
  const events = (await audit('dave')).filter(({ action }: { action: string }) => action === 'user.invited')
  t.equal(events.length, 2)
  await api('PATCH', '/v1/admin/users/dave', { disabled: true })
  assertPage(t, await post('/admin/users/dave/link', { nonce: 'A'.repeat(22) }), 409, 'owner_disabled')
})

t.test('who is not there has no page and nothing done to them', async (t) => {
  const long = 'x'.repeat(129)
  for (const action of ['', '/disable', '/enable', '/revoke-keys', '/sign-out', '/delete']) {
    assertPage(t, await get(`/admin/users/nobody${action}`), 404, 'user_not_found')
    assertPage(t, await get(`/admin/users/${long}${action}`), 400, 'request_invalid')
    assertPage(t, await get(`/admin/users/%20x${action}`), 400, 'user_name_invalid')
    const fields: Record<string, string> = action === '' ? { roles: '', groups: '', tag: '' } : {}
    assertPage(t, await post(`/admin/users/nobody${action}`, fields), 404, 'user_not_found')
    const forged = await sendForm(site, `/admin/users/ada${action}`, fields, { cookie })
    assertPage(t, forged, 403, 'csrf_token_invalid')
  }
  t.equal((await audit('nobody')).length, 0)
})
