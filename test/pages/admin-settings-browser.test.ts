// /admin/settings as people use it: without JavaScript, by the keyboard, with names of all kinds.

import type { Page } from 'playwright-core'
import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { openForm, send, settingsUrl } from './admin-settings.ts'
import { giveSession, payloads, startBrowser } from './browser.ts'

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const browser = await startBrowser(t)
const root = await site.cookieSession('root', ['user', 'admin'])
const settings = async () => (await site.app.inject({ url: '/v1/settings', headers: site.first })).json()
const put = async (payload: object) =>
  await site.app.inject({ method: 'PUT', url: '/v1/settings', headers: site.first, payload })

async function person(options: Parameters<typeof browser.person>[0] = {}): Promise<Page> {
  const page = await browser.person(options)
  await giveSession(page, url, root.cookie)
  await page.goto(url + settingsUrl)
  return page
}

t.test('without JavaScript: preview, tick, save, and the job is begun', async (t) => {
  const key = await site.mint('ada', 'without end')
  const page = await person({ javaScriptEnabled: false })
  await page.getByLabel('Expire API keys').selectOption({ label: '30 days (1 month)' })
  await page.getByLabel('Site name').fill('Keys of the lab')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.getByRole('heading', { name: 'Preview: 30 days (1 month)' }).waitFor()
  t.match(page.url(), /\/admin\/settings#preview$/, 'the browser goes to what was asked for')
  t.match(await page.locator('#preview-says').textContent(), 'There is 1 live API key.')
  t.equal(await page.getByLabel('Site name').inputValue(), 'Keys of the lab')
  const choice = page.getByLabel('Also shorten existing keys to this')
  t.notOk(await choice.isChecked())
  t.match(await settings(), { siteName: 'Latchkey', apiKeyLifetimeDays: null })
  await choice.check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.waitForURL('**/admin/jobs/*', { waitUntil: 'commit' })
  t.match(await settings(), { siteName: 'Keys of the lab', apiKeyLifetimeDays: 30 })
  t.equal((await site.app.inject({ url: '/v1/me', headers: key.headers })).statusCode, 200)
  await put({ siteName: 'Latchkey', apiKeyLifetimeDays: null })
})

t.test('by the keyboard alone: preview and save', async (t) => {
  const page = await person()
  const focused = async () =>
    String(await page.evaluate('document.activeElement.id || document.activeElement.textContent'))
  const tabTo = async (wanted: string): Promise<void> => {
    for (let pressed = 0; pressed < 40; pressed++) {
      await page.keyboard.press('Tab')
      if ((await focused()) === wanted) return
    }
    throw new Error(`Tab does not lead to "${wanted}"`)
  }
  await tabTo('apiKeyLifetimeDays')
  await page.keyboard.type('90')
  await tabTo('sessionIdleMinutes')
  await page.keyboard.type('44')
  await tabTo('Preview')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Preview: 90 days' }).waitFor()
  t.equal(await page.getByLabel('Idle timeout').inputValue(), '44')
  await tabTo('Save')
  await page.keyboard.press('Enter')
  await page.getByText('The settings are saved.').waitFor()
  t.match(await settings(), { apiKeyLifetimeDays: 90, sessionIdleMinutes: 44 })
  await page.getByLabel('Idle timeout').fill('43')
  await page.keyboard.press('Enter')
  await page.getByText('The settings are saved.').waitFor()
  await page.waitForFunction(`document.querySelector('#sessionIdleMinutes').defaultValue === '43'`)
  t.match(await settings(), { sessionIdleMinutes: 43 }, 'Enter in a field saves')
})

t.test('the browser itself stops a number out of range', async (t) => {
  const page = await person()
  await page.getByLabel('Idle timeout').fill('99999')
  await page.getByRole('button', { name: 'Save' }).click()
  t.equal(await page.evaluate(`document.querySelector(':invalid:not(form)').id`), 'sessionIdleMinutes')
  t.equal(page.url(), url + settingsUrl)
})

t.test('threat 5: what names of sites and of administrators say is text', async (t) => {
  await put({ apiKeysAllowed: true })
  const page = await person()
  const dangerous = payloads.filter((name) => /^(?:'|<svg|<\/title|<%=)/.test(name) && name.length <= 64)
  t.equal(dangerous.length, 5)
  for (const payload of dangerous) {
    await page.goto(url + settingsUrl)
    const other = await site.cookieSession(payload, ['user', 'admin'])
    t.equal((await send(site, other, await openForm(site, other), { siteName: payload })).statusCode, 303)
    await page.getByLabel('API keys per user').fill('55')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('alert').waitFor()
    t.equal(await page.locator('#siteName-change bdi').first().textContent(), payload)
    t.equal(await page.getByLabel('Site name').inputValue(), payload)
    t.equal(await page.evaluate('typeof pwned'), 'undefined', payload)
  }
})
