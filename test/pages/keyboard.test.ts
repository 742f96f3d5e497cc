// The main flow by the keyboard alone; the warning before an uncopied key is lost; the warning before the timeout.

import type { Page } from 'playwright-core'
import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { signInAs, testPassword } from '../support/sign-in.ts'
import { until } from '../support/until.ts'
import { generateKey, giveSession, startBrowser } from './browser.ts'

const site = await startSessionSite(t, { settings: { sessionIdleMinutes: 1 } })
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const browser = await startBrowser(t)

/** Presses Tab until what has the focus says this; fails after one round. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let pressed = 0; pressed < 40; pressed++) {
    await page.keyboard.press('Tab')
    const said = await page.evaluate(
      `(document.activeElement.labels?.[0]?.firstChild.textContent ?? document.activeElement.textContent).trim()`,
    )
    if (said === name) return
  }
  throw new Error(`Tab does not lead to "${name}"`)
}

t.test('sign in, generate, copy, done and revoke by the keyboard alone', async (t) => {
  await signInAs(site, 'ada')
  const page = await browser.person({ permissions: ['clipboard-read', 'clipboard-write'] })
  await page.goto(url)
  await page.keyboard.type('ada')
  await tabTo(page, 'Password')
  await page.keyboard.type(testPassword)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/keys', { waitUntil: 'commit' })
  await tabTo(page, 'Skip to content')
  await page.keyboard.press('Enter')
  await tabTo(page, 'Description')
  await page.keyboard.type('nightly import')
  await tabTo(page, 'Generate API key')
  await page.keyboard.press('Enter')
  const key = await page.getByLabel('Key', { exact: true }).inputValue()
  await tabTo(page, 'Copy key')
  await page.keyboard.press('Enter')
  await page.getByText('Copied to the clipboard.').waitFor()
  t.equal(await page.evaluate('navigator.clipboard.readText()'), key)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'External tool access' }).waitFor()
  await tabTo(page, 'Revoke nightly import')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Revoke this API key?' }).waitFor()
  await tabTo(page, 'Revoke')
  await page.keyboard.press('Enter')
  await page.getByText('The key is revoked.').waitFor()
  const { statusCode } = await site.app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${key}` } })
  t.equal(statusCode, 401)
})

t.test('leaving before the key was copied asks first; afterwards it does not', async (t) => {
  const page = await browser.person()
  await giveSession(page, url, (await site.cookieSession('bob')).cookie)
  await page.goto(`${url}/keys`)
  const key = await generateKey(page, 'first')
  const asked: string[] = []
  page.on('dialog', async (dialog) => {
    asked.push(dialog.type())
    await dialog.dismiss()
  })
  await page.getByRole('button', { name: 'Done' }).click({ noWaitAfter: true })
  await until('it asks', () => asked.length > 0)
  t.strictSame(asked, ['beforeunload'])
  t.equal(await page.getByLabel('Key', { exact: true }).inputValue(), key, 'the key is still there')

  // As over plain HTTP, where there is no clipboard object.
  await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined })`)
  await page.getByRole('button', { name: 'Copy key' }).click()
  await page.getByText('Copied to the clipboard.').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('heading', { name: 'External tool access' }).waitFor()
  await page.getByLabel('Description', { exact: true }).press('Control+V')
  t.equal(
    await page.getByLabel('Description', { exact: true }).inputValue(),
    key,
    'the clipboard holds the key',
  )
  t.equal(asked.length, 1, 'a copied key may be left')
})

t.test('who is about to time out is told, and can stay by one press', async (t) => {
  const page = await browser.person()
  const session = await site.cookieSession('carol')
  await giveSession(page, url, session.cookie)
  await page.goto(`${url}/keys`)
  await page.getByText('You will be signed out soon').waitFor()
  const answered = page.waitForResponse('**/session/stay')
  await page.getByRole('button', { name: 'Stay signed in' }).click()
  const answer = await answered
  t.equal(answer.status(), 200)
  const { idleLeftMs } = await answer.json()
  t.ok(idleLeftMs > 50_000, 'a full idle timeout again')
})
