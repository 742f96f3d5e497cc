// Services in a real browser: the whole flow with JavaScript off, by the keyboard, and reloaded.

import type { Page } from 'playwright-core'
import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { basic } from '../support/site.ts'
import { giveSession, startBrowser } from './browser.ts'

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const browser = await startBrowser(t)
const root = await site.cookieSession('root', ['user', 'admin'])
const path = `${url}/admin/services`

async function administrator(options: Parameters<typeof browser.person>[0] = {}): Promise<Page> {
  const page = await browser.person(options)
  await giveSession(page, url, root.cookie)
  return page
}

const shown = async (page: Page) => await page.getByLabel('Secret', { exact: true }).inputValue()

async function statusOf(name: string, secret: string): Promise<number> {
  return (await site.app.inject({ url: '/v1/me', headers: basic(name, secret) })).statusCode
}

t.test('without JavaScript: add, be refused, make a new secret, remove', async (t) => {
  const page = await administrator({ javaScriptEnabled: false })
  await page.goto(path)
  await page.getByRole('textbox', { name: 'Name' }).fill('gateway')
  await page.getByRole('button', { name: 'Add service' }).click()
  t.match(await page.getByRole('alert').textContent(), 'choose at least one')
  t.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'gateway')
  await page.getByRole('checkbox', { name: 'verify' }).check()
  await page.getByRole('checkbox', { name: 'mint' }).check()
  await page.getByLabel('Expires after').selectOption('30')
  await page.getByRole('button', { name: 'Add service' }).click()
  const first = await shown(page)
  t.equal(await statusOf('gateway', first), 200)
  t.match(await page.locator('#snippet').textContent(), `gateway:${first}`)
  t.notMatch(page.url(), first, 'no secret in an address')

  await page.getByRole('button', { name: 'Done' }).click()
  const row = page.getByRole('row', { name: 'gateway' })
  t.match(await row.textContent(), /verify\s+mint[\s\S]*in 30 days/)
  await page.getByRole('link', { name: 'New secret for gateway' }).click()
  await page.getByLabel('The old secret still works for').selectOption('Not at all')
  await page.getByRole('button', { name: 'Make a new secret' }).click()
  const second = await shown(page)
  t.strictSame([await statusOf('gateway', first), await statusOf('gateway', second)], [401, 200])

  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('link', { name: 'Remove gateway' }).click()
  await page.getByRole('link', { name: 'Cancel' }).click()
  t.equal(await statusOf('gateway', second), 200)
  await page.getByRole('link', { name: 'Remove gateway' }).click()
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.getByText('The service is removed.').waitFor()
  t.equal(await statusOf('gateway', second), 401)
  t.equal(await page.getByRole('row', { name: 'gateway' }).count(), 0)
})

t.test('by the keyboard alone: name it, choose a permission, add it', async (t) => {
  const page = await administrator()
  await page.goto(path)
  const tabTo = async (selector: string): Promise<void> => {
    for (let pressed = 0; pressed < 40; pressed++) {
      await page.keyboard.press('Tab')
      if (await page.locator(`${selector}:focus`).count()) return
    }
    throw new Error(`Tab does not lead to ${selector}`)
  }
  await tabTo('input[name=name]')
  await page.keyboard.type('typed')
  await tabTo('input[value=revoke]')
  await page.keyboard.press('Space')
  await tabTo('#add button')
  await page.keyboard.press('Enter')
  t.equal(await statusOf('typed', await shown(page)), 200)
})

t.test('a reload of the secret shows none and makes none', async (t) => {
  const page = await administrator()
  await page.goto(path)
  await page.getByRole('textbox', { name: 'Name' }).fill('reloaded')
  await page.getByRole('checkbox', { name: 'verify' }).check()
  await page.getByRole('button', { name: 'Add service' }).click()
  const secret = await shown(page)
  page.on('dialog', async (dialog) => await dialog.accept())
  await page.reload()
  await page.getByRole('heading', { name: 'Shown already' }).waitFor()
  t.equal(await page.getByText(secret).count(), 0)
  t.equal(await statusOf('reloaded', secret), 200)
})
