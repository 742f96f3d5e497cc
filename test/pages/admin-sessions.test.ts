// The open sessions: of a user, or of the site those that were opened last; ending them, one's own included.

import t, { type Test } from 'tap'
import { recentSessions } from '../../domain/recent-sessions.ts'
import { auditEvent, callsOf, plantCrowd } from '../support/audit-events.ts'
import { from, startSessionSite, testProxies } from '../support/session-site.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t, { trustedProxies: testProxies })
const other = await site.another()
const root = await site.cookieSession('root', ['user', 'admin'])
const { cookie } = root.headers
const csrf = hiddenField(await get('/admin/sessions'), '_csrf')

async function get(url: string) {
  return await site.app.inject({ url, headers: { cookie } })
}

async function post(url: string, headers: Readonly<Record<string, string>> = {}) {
  return await sendForm(site, url, { _csrf: csrf }, { cookie, ...headers })
}

async function statusOf(headers: Readonly<Record<string, string>>) {
  return (await other.app.inject({ url: '/v1/me', headers })).statusCode
}

async function audit(subject: string) {
  const url = `/v1/admin/audit?subject=${encodeURIComponent(subject)}`
  return (await site.app.inject({ url, headers: site.first })).json().items
}

function idsOn({ body }: { body: string }): string[] {
  return [...body.matchAll(/\/admin\/sessions\/(\w{16})\/end/g)].map(([, id]) => id ?? '')
}

function assertPage(t: Test, answer: { statusCode: number; body: string }, status: number, code: string) {
  t.equal(answer.statusCode, status)
  t.match(answer.body, `<code>${code}</code>`)
}

t.test('of a user, every open session says how it was opened and whom it acts as', async (t) => {
  const name = 'ada & مريم'
  const context = { authenticated: { methods: ['pwd', 'otp'], at: new Date().toISOString() } }
  const own = await site.cookieSession(name, ['user', 'admin'], { context })
  const hosted = await site.hostSession(name, { context: { ...context } })
  await site.mint('bob')
  const started = await site.app.inject({
    method: 'POST',
    url: '/v1/session/impersonation',
    headers: own.headers,
    payload: { kind: 'user', name: 'bob' },
  })
  t.equal(started.statusCode, 200)
  const page = await get(`/admin/sessions?user=${encodeURIComponent(` ${name.toUpperCase()} `)}`)
  t.equal(page.statusCode, 200)
  t.match(page.body, '2 open sessions')
  t.strictSame(idsOn(page).toSorted(), [own.id, hosted].toSorted())
  t.match(page.body, 'the service first (password, one-time code)')
  t.match(page.body, 'data-label="Signed in by">password, one-time code</td>')
  t.match(page.body, 'the user <bdi>bob</bdi>')
  t.match(page.body, 'data-label="Address">192.0.2.1</td>')
  t.notMatch(page.body, 'this session')
  t.notMatch(page.body, own.cookie.slice(-20))
})

t.test('without a user: those opened last that are still open, newest first, at most fifty', async (t) => {
  const opened: string[] = []
  for (let index = 0; index < 60; index++) opened.push(await site.hostSession(`host${index % 7}`))
  const ended = opened.filter((_, index) => index % 6 === 0)
  for (const id of ended)
    await site.app.inject({ method: 'DELETE', url: `/v1/sessions/${id}`, headers: site.first })
  const ids = idsOn(await get('/admin/sessions'))
  t.equal(ids.length, 50)
  t.equal(new Set(ids).size, 50, 'each once')
  t.notOk(
    ids.some((id) => ended.includes(id)),
    'no ended one',
  )
  const alive = opened.filter((id) => !ended.includes(id))
  t.ok(
    alive.slice(10).every((id) => ids.includes(id)),
    'the newest are among them',
  )
  const sessions = await recentSessions(site.core, 10)
  const times = sessions.map(({ createdAtMs }) => createdAtMs)
  t.equal(sessions.length, 10)
  t.strictSame(
    times,
    times.toSorted((left, right) => right - left),
  )
})

t.test('however long the log is, a bounded part of it is read', async (t) => {
  await plantCrowd(site.server, {
    count: 30_000,
    event: auditEvent({ action: 'session.opened', subject: 'gone', details: { id: 'A'.repeat(16) } }),
  })
  const before = await callsOf(site.server, 'xrevrange')
  const page = await get('/admin/sessions')
  t.equal(page.statusCode, 200)
  t.strictSame(idsOn(page), [], 'all that it saw has ended')
  t.ok((await callsOf(site.server, 'xrevrange')) - before < 1_000)
  t.match((await get('/admin/sessions?user=root')).body, 'this session', 'by name every one is found')
})

t.test('ending one asks first, and is final on every instance', async (t) => {
  const [one, two] = [await site.cookieSession('carol'), await site.cookieSession('carol')]
  const key = await site.sessionKey(one.id)
  const apiKey = await site.mint('carol')
  const list = await get('/admin/sessions?user=carol')
  const path = /href="(\/admin\/sessions\/\w+\/end\?list=user)"/.exec(list.body)?.[1] ?? ''
  const [id] = idsOn(list)
  const question = await get(`/admin/sessions/${one.id}/end?list=user`)
  t.match(question.body, 'End this session?')
  t.match(question.body, '<bdi>carol</bdi>')
  t.ok(path.includes(String(id)))
  t.equal(await statusOf(one.headers), 200, 'the question does nothing')
  const answer = await post(`/admin/sessions/${one.id}/end?list=user`, from('192.0.2.50'))
  t.equal(answer.statusCode, 303)
  t.equal(answer.headers.location, '/admin/sessions?user=carol&notice=ended')
  t.equal(await statusOf(one.headers), 401)
  t.equal(await statusOf(key.headers), 401)
  t.equal(await statusOf(two.headers), 200, 'the other one stays')
  t.equal(await statusOf(apiKey.headers), 200)
  const [event] = await audit('carol')
  t.match(event, {
    action: 'session.ended',
    actor: { name: 'root' },
    address: '192.0.2.50',
    details: { id: one.id },
  })
  assertPage(t, await post(`/admin/sessions/${one.id}/end`), 404, 'session_not_found')
  t.equal((await post(`/admin/sessions/${two.id}/end`)).headers.location, '/admin/sessions?notice=ended')
  t.match((await get('/admin/sessions?user=carol&notice=ended')).body, 'No open session')
})

t.test('the present session is marked, and ending it signs out', async (t) => {
  const me = await site.cookieSession('leaving', ['user', 'admin'])
  const mine = { cookie: me.headers.cookie }
  const list = await site.app.inject({ url: '/admin/sessions?user=leaving', headers: mine })
  t.match(list.body, '<span class="tag whole">this session</span>')
  const path = `/admin/sessions/${me.id}/end?list=user`
  const question = await site.app.inject({ url: path, headers: mine })
  t.match(question.body, 'This is your present session: you are signed out.')
  const answer = await sendForm(site, path, { _csrf: hiddenField(question, '_csrf') }, mine)
  t.equal(answer.statusCode, 303)
  t.equal(answer.headers.location, '/sign-in?notice=out')
  t.match(answer.cookies, [{ name: 'latchkey', value: '' }])
  t.equal(await statusOf(me.headers), 401)
})

t.test('what is not there, or not readable, is said; without a token nothing ends', async (t) => {
  const victim = await site.cookieSession('victim')
  for (const [user, status, said] of [
    ['nobody', 404, 'There is no user of this name.'],
    ['x'.repeat(200), 400, 'A user name has 1 to 128 characters'],
  ] as const) {
    const page = await get(`/admin/sessions?user=${user}`)
    t.equal(page.statusCode, status)
    t.match(page.body, said)
    t.match(page.body, `value="${user}"`)
  }
  assertPage(t, await get(`/admin/sessions?user=${'x'.repeat(2_000)}`), 400, 'request_invalid')
  assertPage(t, await get('/admin/sessions/short/end'), 400, 'request_invalid')
  assertPage(t, await get(`/admin/sessions/${'0'.repeat(16)}/end`), 404, 'session_not_found')
  const path = `/admin/sessions/${victim.id}/end`
  assertPage(t, await sendForm(site, path, {}, { cookie }), 403, 'csrf_token_invalid')
  const plain = { cookie: victim.headers.cookie }
  assertPage(t, await sendForm(site, path, { _csrf: csrf }, plain), 403, 'role_missing')
  t.equal(await statusOf(victim.headers), 200)
})
