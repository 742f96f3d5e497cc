import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t)

t.test('refusals are pages in the words of the catalogue', async (t) => {
  const user = await site.cookieSession('ada')
  const { cookie } = user.headers
  const key = await site.mint('ada')
  const cases: readonly [string, Record<string, string>, number, string, string][] = [
    ['/admin/settings', { cookie }, 403, 'role_missing', 'Administrators only'],
    ['/keys', key.headers, 403, 'credential_not_accepted', 'Not with this kind of credential'],
    ['/keys', site.first, 403, 'user_credential_needed', 'Users only'],
    ['/keys/0000000000000000/revoke', { cookie }, 404, 'api_key_not_found', 'No such API key'],
    ['/keys/short/revoke', { cookie }, 400, 'request_invalid', 'Request not valid'],
    ['/keys/no/such', {}, 404, 'not_found', 'Not found'],
    ['/invitation/cut-off', {}, 404, 'invitation_invalid', 'Invitation not valid'],
    ['/invitation', {}, 404, 'invitation_invalid', 'Invitation not valid'],
  ]
  for (const [url, headers, status, code, title] of cases) {
    const answer = await site.app.inject({ url, headers })
    t.equal(answer.statusCode, status, `${url} ${code}`)
    t.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
    t.match(answer.body, `<h1>${title}</h1>`)
    t.match(answer.body, `<code>${code}</code>`)
    t.notOk(answer.headers['www-authenticate'])
  }
})

t.test('the secret of an invitation is in no line of the log, whatever happens to it', async (t) => {
  const invited = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/users',
    headers: site.first,
    payload: { user: 'eve' },
  })
  const { invitation } = invited.json()
  const url = `/invitation/${invitation}`
  const form = await site.app.inject({ url })
  const cookie = `latchkey-form=${form.cookies[0]?.value}`
  const passwords = { next: 'correct horse battery', repeat: 'correct horse battery' }
  const fields = { ...passwords, _csrf: hiddenField(form, '_csrf') }
  t.equal((await sendForm(site, url, passwords, { cookie })).statusCode, 403, 'a forged form')
  t.equal(
    (await sendForm(site, url, { ...fields, next: 'short', repeat: 'short' }, { cookie })).statusCode,
    400,
  )
  t.equal((await sendForm(site, url, fields, { cookie })).headers.location, '/keys')
  t.equal((await sendForm(site, url, fields, { cookie })).statusCode, 404, 'once')
  t.match(site.logged.join(''), '"route":"/invitation/:secret"')
  t.notMatch(site.logged.join(''), invitation.slice(4))
})

t.test('without Redis every page is a 503 that says when to try again', async (t) => {
  const { cookie } = (await site.cookieSession('bob')).headers
  await site.server.stop()
  for (const url of ['/keys', '/sign-in', '/password']) {
    const answer = await site.app.inject({ url, headers: { cookie } })
    t.equal(answer.statusCode, 503, url)
    t.equal(answer.headers['retry-after'], '1')
    t.match(answer.body, '<h1>No answer from Redis</h1>')
    t.equal(answer.headers['cache-control'], 'no-store')
    t.match(answer.headers['content-security-policy'], "frame-ancestors 'none'")
  }
})
