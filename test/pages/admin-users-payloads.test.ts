// Names of users that try to be markup, on the administrators' pages.

import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { giveSession, payloads, startBrowser } from './browser.ts'

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const browser = await startBrowser(t)

t.test('threat 5: names that try to be markup are text, and their pages are reached', async (t) => {
  for (const payload of payloads) await site.cookieSession(payload)
  const page = await browser.person()
  await giveSession(page, url, (await site.cookieSession('root', ['user', 'admin'])).cookie)
  const requested: string[] = []
  page.on('request', (request) => requested.push(request.url()))
  await page.goto(`${url}/admin/users`)
  const names = await page.locator('table.list td:first-child bdi').allTextContents()
  t.strictSame(names.filter((name) => payloads.includes(name)).toSorted(), payloads.toSorted())
  t.equal(await page.evaluate('typeof pwned'), 'undefined')
  await page.goto(`${url}/admin/sessions`)
  const owners = await page.locator('table.list td:first-child bdi').allTextContents()
  t.strictSame(owners.filter((name) => payloads.includes(name)).toSorted(), payloads.toSorted())
  t.equal(await page.evaluate('typeof pwned'), 'undefined')
  for (const payload of payloads.slice(0, 8)) {
    await page.goto(`${url}/admin/users`)
    await page.getByRole('link', { name: payload, exact: true }).first().click()
    t.equal(await page.getByRole('heading', { level: 1 }).textContent(), payload)
    await page.locator('a[href$="/delete"]').click()
    t.equal(await page.locator('.facts bdi').textContent(), payload)
    t.equal(await page.evaluate('typeof pwned'), 'undefined', payload)
  }
  const typed = '"><script>pwned=1</script>'
  await page.goto(`${url}/admin/users`)
  await page.getByLabel('User name', { exact: true }).fill('x')
  await page.getByLabel('Roles', { exact: true }).fill(typed)
  await page.getByRole('button', { name: 'Make the link' }).click()
  await page.getByRole('alert').waitFor()
  t.equal(await page.getByLabel('Roles', { exact: true }).inputValue(), typed)
  t.equal(await page.evaluate('typeof pwned'), 'undefined')
  t.strictSame(
    requested.filter((address) => !address.startsWith(url)),
    [],
    'nothing was asked of any other site',
  )
})
