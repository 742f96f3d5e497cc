// Impersonation from the administrators' pages: how it begins, that every page says so and leads back, what is refused.

import t, { type Test } from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { type FormAnswer, hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t)
const banner = 'aria-label="Impersonation"'
const wayOut = 'action="/impersonation/stop"'

async function administrator(name: string, roles: readonly string[] = ['user', 'admin']) {
  const { headers, id } = await site.cookieSession(name, roles)
  const page = await site.app.inject({ url: '/admin/users', headers: { cookie: headers.cookie } })
  return { id, cookie: headers.cookie, _csrf: hiddenField(page, '_csrf') }
}

function cookieOf({ cookies }: FormAnswer): string {
  return `latchkey=${cookies[0]?.value}`
}

async function get(url: string, cookie: string) {
  return await site.app.inject({ url, headers: { cookie } })
}

async function audit(subject: string) {
  const url = `/v1/admin/audit?subject=${encodeURIComponent(subject)}&action=impersonation`
  return (await site.app.inject({ url, headers: site.first })).json().items
}

function assertPage(t: Test, answer: { statusCode: number; body: string }, status: number, code: string) {
  t.equal(answer.statusCode, status)
  t.match(answer.body, `<code>${code}</code>`)
}

t.test('a user, from the page of the user; the old cookie is worthless, and the way out works', async (t) => {
  const { cookie, _csrf, id } = await administrator('root')
  await site.mint('مريم')
  const path = `/admin/users/${encodeURIComponent('مريم')}/impersonation`
  const started = await sendForm(site, path, { _csrf }, { cookie })
  t.equal(started.statusCode, 303)
  t.equal(started.headers.location, '/keys')
  const acting = cookieOf(started)
  t.equal((await get('/keys', cookie)).statusCode, 303, 'threat 3: the cookie from before')
  const keys = await get('/keys', acting)
  t.match(
    keys.body,
    'You are <strong><bdi>root</bdi></strong> and act as the user <strong><bdi>مريم</bdi></strong>',
  )
  t.match(await audit('root'), [
    { action: 'impersonation.started', actor: { name: 'root', id }, details: { kind: 'user', name: 'مريم' } },
  ])
  const stop = { _csrf: hiddenField(keys, '_csrf') }
  const stopped = await sendForm(site, '/impersonation/stop', stop, { cookie: acting })
  t.equal(stopped.headers.location, '/keys?notice=yourself')
  const after = await get('/keys?notice=yourself', cookieOf(stopped))
  t.match(after.body, 'You are yourself again.')
  t.notMatch(after.body, banner)
  t.match(await audit('root'), [{ action: 'impersonation.stopped' }, { action: 'impersonation.started' }])
})

t.test('a group or a role, from the list of users', async (t) => {
  for (const [kind, name, words] of [
    ['group', 'lab:genomics', 'act as a member of the group <strong><bdi>lab:genomics</bdi>'],
    ['role', 'user', 'act as somebody with the role <strong><bdi>user</bdi>'],
  ] as const) {
    const { cookie, _csrf } = await administrator(`admin of ${kind}`)
    const started = await sendForm(
      site,
      '/admin/impersonation',
      { _csrf, kind, name: ` ${name} ` },
      { cookie },
    )
    t.equal(started.statusCode, 303)
    t.equal(started.headers.location, '/keys')
    t.match((await get('/keys', cookieOf(started))).body, words)
  }
})

t.test('every page says that somebody impersonates, and leads back', async (t) => {
  const key = await site.mint('plain')
  const victim = await site.cookieSession('victim')
  const roles = ['user', 'admin']
  const asPlain = await administrator('first', roles)
  const asAdmin = await administrator('second', roles)
  const plain = cookieOf(
    await sendForm(
      site,
      '/admin/users/plain/impersonation',
      { _csrf: asPlain._csrf },
      { cookie: asPlain.cookie },
    ),
  )
  const form = { _csrf: asAdmin._csrf, kind: 'role', name: 'admin' }
  const admin = cookieOf(await sendForm(site, '/admin/impersonation', form, { cookie: asAdmin.cookie }))
  const everybodys: [string, number][] = [
    ['/keys', 200],
    [`/keys/${key.id}/rename`, 200],
    [`/keys/${key.id}/revoke`, 200],
    ['/password', 200],
    ['/keys/0000000000000000/revoke', 404],
    ['/keys/short/revoke', 400],
    ['/keys/no/such', 404],
    ['/invitation/cut-off', 404],
    ['/session-keys/no/such/thing', 404],
  ]
  const administrators: [string, number][] = [
    ['/admin/users', 200],
    ['/admin/users?cursor=x', 400],
    ['/admin/users/plain', 200],
    ['/admin/users/nobody', 404],
    ['/admin/users/plain/disable', 200],
    ['/admin/users/plain/enable', 200],
    ['/admin/users/plain/revoke-keys', 200],
    ['/admin/users/plain/sign-out', 200],
    ['/admin/users/plain/delete', 200],
    ['/admin/users/second/delete', 409],
    ['/admin/sessions', 200],
    ['/admin/sessions?user=victim', 200],
    ['/admin/sessions?user=nobody', 404],
    [`/admin/sessions/${victim.id}/end`, 200],
    ['/admin/no/such/page', 404],
  ]
  for (const [url, status] of everybodys) {
    const { statusCode, body } = await get(url, plain)
    t.equal(statusCode, status, url)
    t.match(body, banner, url)
    t.match(body, wayOut, url)
  }
  for (const [url] of administrators.slice(0, -1)) {
    const { statusCode, body } = await get(url, plain)
    t.equal(statusCode, 403, `as plain: ${url}`)
    t.match(body, banner)
    t.match(body, wayOut)
  }
  for (const [url, status] of administrators) {
    const { statusCode, body } = await get(url, admin)
    t.equal(statusCode, status, `as admin: ${url}`)
    t.match(body, banner)
    t.match(body, wayOut)
  }
  const stop = { _csrf: hiddenField(await get('/admin/users/plain/disable', admin), '_csrf') }
  const stopped = await sendForm(site, '/impersonation/stop', stop, { cookie: admin })
  t.equal(stopped.headers.location, '/keys?notice=yourself', 'from any of them')
})

t.test('answers of forms say it, too', async (t) => {
  const { cookie, _csrf } = await administrator('third')
  const start = { _csrf, kind: 'role', name: 'admin' }
  const acting = cookieOf(await sendForm(site, '/admin/impersonation', start, { cookie }))
  const page = await get('/admin/users', acting)
  t.notMatch(page.body, 'Impersonate a group or a role', 'it is not offered twice')
  const fields = {
    _csrf: hiddenField(page, '_csrf'),
    nonce: hiddenField(page, 'nonce'),
    roles: '',
    groups: '',
  }
  for (const [user, status] of [
    ['', 400],
    ['invited', 201],
    ['invited', 409],
  ] as const) {
    const answer = await sendForm(site, '/admin/users', { ...fields, user }, { cookie: acting })
    t.equal(answer.statusCode, status)
    t.match(answer.body, banner)
  }
  const forged = await sendForm(site, '/admin/users', { user: 'x' }, { cookie: acting })
  assertPage(t, forged, 403, 'csrf_token_invalid')
  t.match(forged.body, banner)
  const again = { _csrf: fields._csrf, kind: 'role', name: 'user' }
  const twice = await sendForm(site, '/admin/impersonation', again, { cookie: acting })
  assertPage(t, twice, 409, 'already_impersonating')
  t.match(twice.body, banner)
})

t.test('what cannot be impersonated is said at the form, and the session stays as it was', async (t) => {
  const { cookie, _csrf } = await administrator('fourth')
  await site.mint('off')
  await site.app.inject({
    method: 'PATCH',
    url: '/v1/admin/users/off',
    headers: site.first,
    payload: { disabled: true },
  })
  const send = async (fields: Record<string, string>) =>
    await sendForm(site, '/admin/impersonation', { _csrf, ...fields }, { cookie })
  for (const [kind, name, status, said] of [
    ['role', 'auditor', 403, 'You can impersonate only a role that you have.'],
    ['group', '', 400, 'Give the name of one group.'],
    ['group', 'one two', 400, 'Give the name of one group.'],
    ['role', 'wr<ng', 400, '“wr&lt;ng” cannot be a role'],
  ] as const) {
    const answer = await send({ kind, name })
    t.equal(answer.statusCode, status, said)
    t.match(answer.body, said)
    t.match(answer.body, `value="${name.replace('<', '&lt;')}"`)
    t.match(answer.body, `<option value="${kind}" selected>`)
  }
  const disabled = await sendForm(site, '/admin/users/off/impersonation', { _csrf }, { cookie })
  t.equal(disabled.statusCode, 409)
  t.match(disabled.body, 'The user is disabled')
  assertPage(t, await send({ kind: 'user', name: 'off' }), 400, 'request_invalid')
  const nobody = await sendForm(site, '/admin/users/nobody/impersonation', { _csrf }, { cookie })
  assertPage(t, nobody, 404, 'user_not_found')
  const forged = await sendForm(site, '/admin/users/off/impersonation', {}, { cookie })
  assertPage(t, forged, 403, 'csrf_token_invalid')
  const plain = (await site.cookieSession('simple')).headers.cookie
  const refused = await sendForm(
    site,
    '/admin/impersonation',
    { _csrf, kind: 'role', name: 'user' },
    { cookie: plain },
  )
  assertPage(t, refused, 403, 'role_missing')
  t.strictSame(await audit('fourth'), [])
  t.strictSame(await audit('simple'), [])
  t.notMatch((await get('/keys', cookie)).body, banner)
  t.equal((await get('/admin/impersonation', cookie)).headers.location, '/admin/users')
})
