// Services on a narrow screen, by whoever cannot see, and with names that would be markup.

import type { Page } from 'playwright-core'
import t from 'tap'
import { names } from '../../store/names.ts'
import { startSessionSite } from '../support/session-site.ts'
import { assertAccessible, giveSession, payloads, startBrowser } from './browser.ts'

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

t.test('every page is accessible, light and dark, and fits 360 pixels', async (t) => {
  const page = await administrator({ viewport: { width: 360, height: 740 } })
  await page.goto(path)
  await assertAccessible(t, page, 'a few services')
  const longest = 'w'.repeat(63)
  const add = async (name: string, lifetime: string) => {
    await page.goto(path)
    await page.getByRole('textbox', { name: 'Name' }).fill(name)
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await page.getByLabel('Expires after').selectOption(lifetime)
    await page.getByRole('button', { name: 'Add service' }).click()
  }
  await add(longest, '1')
  await assertAccessible(t, page, 'a secret')
  await add(longest, 'never')
  t.equal(await page.getByRole('alert').count(), 1)
  await assertAccessible(t, page, 'a refusal, and a long name')
  for (const action of ['rotate', 'remove']) {
    await page.goto(`${path}/${longest}/${action}`)
    await assertAccessible(t, page, action)
  }
  const before = await site.server.command('ZRANGE', names.services, 0, -1)
  for (const name of before as string[]) await site.core.stores.services.remove(name, removal(name))
  await page.goto(path)
  t.match(await page.getByRole('main').textContent(), 'None yet')
  await assertAccessible(t, page, 'no services')
})

t.test('threat 5: what is typed as a name is text on the form that refuses it', async (t) => {
  const page = await administrator()
  await page.goto(path)
  await page.getByRole('checkbox', { name: 'verify' }).check()
  for (const payload of payloads) {
    await page.getByRole('textbox', { name: 'Name' }).fill(payload)
    const answered = page.waitForResponse(path)
    await page.getByRole('button', { name: 'Add service' }).click()
    t.equal((await answered).status(), 400)
    await page.waitForLoadState()
    t.equal(await page.getByRole('textbox', { name: 'Name' }).inputValue(), payload)
    t.equal(await page.evaluate('typeof pwned'), 'undefined', payload)
  }
})

function removal(subject: string) {
  const actor = { kind: 'system', name: 'test', id: '' } as const
  return { action: 'service.removed', actor, address: '', subject } as const
}
