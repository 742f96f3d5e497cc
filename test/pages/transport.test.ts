// What the address that users see decides: cookies bound to the host over TLS, and no password in clear to other machines.

import { pino } from 'pino'
import t, { type Test } from 'tap'
import { buildApp } from '../../app.ts'
import { createLastUsed } from '../../store/last-used.ts'
import { startSite } from '../support/site.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSite(t)

/** Another instance over the same Redis, whose users see this address. */
async function instanceAt(t: Test, publicUrl: string) {
  const { core } = site
  const app = await buildApp({
    config: { publicUrl, trustedProxies: [], mayUseInsecureCookies: false },
    core,
    lastUsed: createLastUsed(core.stores.apiKeys, core.stores.services),
    logger: pino({ level: 'silent' }),
    version: '0.0.0',
  })
  t.teardown(async () => await app.close())
  return { app }
}

async function invite(): Promise<string> {
  const invited = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/users',
    headers: site.first,
    payload: { user: 'ada' },
  })
  return invited.json().invitation
}

const password = 'correct horse battery'

t.test(
  'over TLS both cookies are bound to the host and to TLS, and the browser is told to stay with it',
  async (t) => {
    const there = await instanceAt(t, 'https://keys.example.org')
    const url = `/invitation/${await invite()}`
    const form = await there.app.inject({ url })
    const bound = { secure: true, httpOnly: true, path: '/', sameSite: 'Lax' }
    t.match(form.cookies, [{ name: '__Host-latchkey-form', ...bound }])
    t.notOk(form.cookies.some((cookie) => 'domain' in cookie))
    t.equal(form.headers['strict-transport-security'], 'max-age=31536000')
    const cookie = `__Host-latchkey-form=${form.cookies[0]?.value}`
    const fields = { _csrf: hiddenField(form, '_csrf'), next: password, repeat: password }
    const planted = cookie.replace('__Host-', '')
    t.equal(
      (await sendForm(there, url, fields, { cookie: planted })).statusCode,
      403,
      'a planted plain cookie',
    )
    const twin = { cookie, origin: 'http://keys.example.org', host: 'keys.example.org' }
    t.equal((await sendForm(there, url, fields, twin)).statusCode, 403, 'a page of the plain HTTP twin')
    const claimed = await sendForm(there, url, fields, { cookie, origin: 'https://keys.example.org' })
    t.equal(claimed.statusCode, 303)
    t.match(claimed.cookies, [{ name: '__Host-latchkey', ...bound }])
  },
)

t.test(
  'over plain HTTP to another machine nobody is asked for a password, and an invitation is not used up',
  async (t) => {
    const there = await instanceAt(t, 'http://keys.example.org')
    const invitation = await invite()
    for (const url of ['/sign-in', `/invitation/${invitation}`]) {
      const answer = await there.app.inject({ url })
      t.equal(answer.statusCode, 403, url)
      t.match(answer.body, 'tls_needed')
      t.notMatch(answer.body, '<form')
    }
    const claim = { method: 'POST', url: '/v1/invitations/claim', payload: { invitation, password } } as const
    const refused = await there.app.inject(claim)
    t.equal(refused.statusCode, 403)
    t.equal(refused.json().code, 'tls_needed')
    t.equal((await site.app.inject(claim)).statusCode, 201, 'it is still good on the machine itself')
  },
)
