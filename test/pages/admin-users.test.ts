// The list of users and the form that invites one: what it finds, what it refuses and keeps, the link that is shown once.

import t, { type Test } from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { numberedNames, seedUsers } from '../support/users.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t)
const boss = await site.cookieSession('boss', ['user', 'admin'])
const { cookie } = boss.headers

async function get(url: string) {
  return await site.app.inject({ url, headers: { cookie } })
}

async function user(name: string) {
  return await site.app.inject({
    url: `/v1/admin/users/${encodeURIComponent(name)}`,
    headers: site.first,
  })
}

async function audit(action: string) {
  const url = `/v1/admin/audit?action=${action}`
  return (await site.app.inject({ url, headers: site.first })).json().items
}

/** Opens the page and sends its form. */
async function invite(fields: Readonly<Record<string, string>>) {
  const page = await get('/admin/users')
  const hidden = { _csrf: hiddenField(page, '_csrf'), nonce: hiddenField(page, 'nonce') }
  return await sendForm(site, '/admin/users', { ...hidden, roles: '', groups: '', ...fields }, { cookie })
}

function assertPage(t: Test, answer: { statusCode: number; body: string }, status: number, code: string) {
  t.equal(answer.statusCode, status)
  t.match(answer.body, `<code>${code}</code>`)
}

t.test('users are found by the beginning of the name, fifty a page, each exactly once', async (t) => {
  await seedUsers(site.server, numberedNames('crowd', 120))
  const found: string[] = []
  let url: string | null = '/admin/users?beginning=CROWD'
  const lengths: number[] = []
  while (url !== null) {
    const { body, statusCode } = await get(url)
    t.equal(statusCode, 200)
    const names = [...body.matchAll(/<bdi>(crowd\d+)<\/bdi><\/a>/g)].map(([, name]) => name ?? '')
    lengths.push(names.length)
    found.push(...names)
    t.equal(body.includes('First page'), lengths.length > 1)
    url = /href="([^"]+)">Next page/.exec(body)?.[1]?.replaceAll('&amp;', '&') ?? null
  }
  t.strictSame(lengths, [50, 50, 20])
  t.strictSame(found, numberedNames('crowd', 120))
  t.match((await get('/admin/users?beginning=nobody')).body, 'No user has a name that begins so.')
})

t.test('a row says roles, groups, state and keys, and leads to them', async (t) => {
  const name = 'r&d/ada@example.org'
  await site.mint(name)
  await site.app.inject({
    method: 'PATCH',
    url: `/v1/admin/users/${encodeURIComponent(name)}`,
    headers: site.first,
    payload: { roles: ['user', 'analyst'], groups: ['lab'], disabled: true },
  })
  const { body } = await get('/admin/users?beginning=r%26d')
  t.match(body, 'user, analyst')
  t.match(body, 'lab')
  t.match(body, '<span class="tag warning">disabled</span>')
  t.match(body, `href="/admin/users/${encodeURIComponent(name)}"`)
  t.match(body, `href="/admin/keys?user=${encodeURIComponent(name)}&amp;exact=on"`)
})

t.test('what the list cannot read is said above it, and what was typed is kept', async (t) => {
  for (const [url, status] of [
    ['/admin/users?cursor=abc', 400],
    [`/admin/users?beginning=${'x'.repeat(200)}`, 400],
    [`/admin/users?beginning=${encodeURIComponent('a\u0007')}`, 400],
  ] as const) {
    const answer = await get(url)
    t.equal(answer.statusCode, status, url)
    t.match(answer.body, 'class="problem" role="alert"')
    t.match(answer.body, '<h1>Users</h1>')
  }
  assertPage(t, await get(`/admin/users?beginning=${'x'.repeat(2_000)}`), 400, 'request_invalid')
})

t.test('an invitation creates the user, shows the link once, and is audited', async (t) => {
  const fields = { user: ' new@example.org', roles: 'user, admin  analyst', groups: 'lab,lab:genomics' }
  const page = await get('/admin/users')
  const hidden = { _csrf: hiddenField(page, '_csrf'), nonce: hiddenField(page, 'nonce') }
  const first = await sendForm(site, '/admin/users', { ...hidden, ...fields }, { cookie })
  t.equal(first.statusCode, 201)
  t.equal(first.headers['cache-control'], 'no-store')
  const link = /http:\/\/localhost:3000(\/invitation\/lki_\w+)/.exec(first.body)?.[1] ?? ''
  t.match((await site.app.inject({ url: link })).body, 'new@example.org')
  t.match((await user('new@example.org')).json(), {
    roles: ['user', 'admin', 'analyst'],
    groups: ['lab', 'lab:genomics'],
  })
  t.match(await audit('user.invited'), [
    { subject: 'new@example.org', actor: { kind: 'user', name: 'boss' } },
  ])

  const reload = await sendForm(site, '/admin/users', { ...hidden, ...fields }, { cookie })
  t.equal(reload.statusCode, 409)
  t.notMatch(reload.body, /lki_/)
  t.equal((await audit('user.invited')).length, 1, 'the reload made no second link')
  t.equal((await site.app.inject({ url: link })).statusCode, 200, 'and replaced none')
  t.notMatch(site.logged.join(''), link.slice(-20))

  const newer = await invite({ user: 'NEW@example.org' })
  t.equal(newer.statusCode, 201, 'a user who exists gets a newer link')
  t.equal((await site.app.inject({ url: link })).statusCode, 404, 'which replaces the older')
  t.match(
    (await user('new@example.org')).json().roles,
    ['user', 'admin', 'analyst'],
    'and changes nothing else',
  )
})

t.test('what is wrong with an invitation is said at the form, by name, and nothing is made', async (t) => {
  const before = (await audit('user')).length
  const many = Array.from({ length: 65 }, (_, index) => `g${index}`).join(' ')
  for (const [fields, said] of [
    [{ user: 'x1', roles: 'user, wrong!' }, '“wrong!” cannot be a role'],
    [{ user: 'x2', groups: 'lab <b>' }, '“&lt;b&gt;” cannot be a group'],
    [{ user: 'x3', roles: 'مدير' }, '“مدير” cannot be a role'],
    [{ user: 'x4', groups: 'y'.repeat(65) }, `“${'y'.repeat(64)}…” cannot be a group`],
    [{ user: 'x5', roles: 'user user' }, 'The role “user” is there twice'],
    [{ user: 'x6', groups: many }, 'These are 65 groups. A user has at most 64.'],
    [{ user: 'x'.repeat(129), roles: 'user' }, 'A user name has 1 to 128 characters'],
    [{ user: '  ', groups: 'lab' }, 'A user name has 1 to 128 characters'],
    [{ user: 'boss', roles: 'user' }, 'There is a user of this name already'],
  ] as const) {
    const answer = await invite(fields)
    t.equal(answer.statusCode, 400, said)
    t.match(answer.body, said)
    for (const typed of Object.values(fields)) {
      t.match(
        answer.body,
        `value="${typed.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}"`,
        'typed is kept',
      )
    }
    t.notMatch(answer.body, /lki_/)
    t.ok(hiddenField(answer, 'nonce'), 'the form can be sent again')
  }
  t.equal((await audit('user')).length, before)
  t.equal((await user('x1')).statusCode, 404)
  t.match((await user('boss')).json().roles, ['user', 'admin'])
})

t.test('a disabled user is not invited', async (t) => {
  await site.mint('gone')
  await site.app.inject({
    method: 'PATCH',
    url: '/v1/admin/users/gone',
    headers: site.first,
    payload: { disabled: true },
  })
  const answer = await invite({ user: 'gone' })
  t.equal(answer.statusCode, 409)
  t.match(answer.body, 'The user is disabled')
  t.notMatch(answer.body, /lki_/)
})

t.test('whoever is no administrator, or sends no token, is refused', async (t) => {
  const plain = (await site.cookieSession('plain')).headers.cookie
  const before = (await audit('user')).length
  for (const url of ['/admin/users', '/admin/users/boss', '/admin/users/boss/delete', '/admin/sessions']) {
    assertPage(t, await site.app.inject({ url, headers: { cookie: plain } }), 403, 'role_missing')
    const visitor = await site.app.inject({ url })
    t.equal(visitor.statusCode, 303)
    t.match(visitor.headers.location, /^\/sign-in\?to=/)
    t.equal((await site.app.inject({ url, headers: site.first })).statusCode, 403, 'nor is a service let in')
  }
  const fields = { user: 'forged', roles: 'admin', groups: '', nonce: 'A'.repeat(22) }
  assertPage(t, await sendForm(site, '/admin/users', fields, { cookie }), 403, 'csrf_token_invalid')
  assertPage(t, await sendForm(site, '/admin/users', fields, { cookie: plain }), 403, 'role_missing')
  const other = { ...fields, _csrf: hiddenField(await get('/admin/users'), '_csrf') }
  const cross = await sendForm(site, '/admin/users', other, { cookie, origin: 'https://evil.example' })
  assertPage(t, cross, 403, 'cross_site_write')
  t.equal((await audit('user')).length, before)
  t.equal((await user('forged')).statusCode, 404)
})
