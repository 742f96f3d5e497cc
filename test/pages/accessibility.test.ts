// axe-core on every page, light and dark, and 360 pixels of width: WCAG 2.2 AA, nothing cut.

import type { Page } from 'playwright-core'
import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { assertAccessible, generateKey, giveSession, startBrowser } from './browser.ts'

const longWord = 'w'.repeat(128)

t.test('every page is accessible, light and dark, and fits 360 pixels', async (t) => {
  const site = await startSessionSite(t)
  const url = (await site.listen()).replace('127.0.0.1', 'localhost')
  const browser = await startBrowser(t)
  const inject = async (method: 'POST', path: string, headers: Record<string, string>, payload: object) => {
    const answer = await site.app.inject({ method, url: path, headers, payload })
    if (answer.statusCode >= 300) throw new Error(answer.body)
    return answer
  }
  const check = async (page: Page, name: string) => await assertAccessible(t, page, name)
  const open = { viewport: { width: 360, height: 740 } }

  const visitor = await browser.person(open)
  const invited = await inject('POST', '/v1/admin/users', site.first, { user: longWord })
  for (const path of [
    '/sign-in',
    '/sign-in?notice=ended',
    new URL(invited.json().link).pathname,
    '/keys/no/such',
  ]) {
    await visitor.goto(url + path)
    await check(visitor, path.replace(/lki_\w+/, 'SECRET'))
  }

  const person = await browser.person(open)
  const session = await site.cookieSession('ada', ['user', 'admin'])
  await giveSession(person, url, session.cookie)
  await inject('POST', '/v1/api-keys', session.headers, { description: longWord + longWord })
  const key = (await inject('POST', '/v1/api-keys', session.headers, { lifetimeDays: 30 })).json()
  await inject('POST', '/v1/session-keys', session.headers, { description: 'one afternoon' })
  for (const path of ['/keys', `/keys/${key.id}/rename`, `/keys/${key.id}/revoke`, '/password']) {
    await person.goto(url + path)
    await check(person, path)
  }
  await person.goto(`${url}/keys`)
  await generateKey(person, 'nightly import')
  await check(person, 'a new key')

  const stopped = await inject('POST', '/v1/session/impersonation', session.headers, {
    kind: 'role',
    name: 'user',
  })
  await giveSession(person, url, stopped.cookies[0]?.value ?? '')
  await person
    .context()
    .newPage()
    .then(async (page) => {
      await page.goto(`${url}/keys`)
      await check(page, 'impersonating')
    })
})
