// The administrators' pages of users and sessions in a browser: everything with JavaScript off, and the main action by the
// keyboard alone.

import type { Page } from 'playwright-core'
import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { giveSession, startBrowser } from './browser.ts'

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const browser = await startBrowser(t)

async function administrator(options: { readonly javaScriptEnabled?: boolean } = {}): Promise<Page> {
  const page = await browser.person(options)
  await giveSession(page, url, (await site.cookieSession('root', ['user', 'admin'])).cookie)
  return page
}

/** Presses Tab until what has the focus says this; fails after one round. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let pressed = 0; pressed < 60; pressed++) {
    await page.keyboard.press('Tab')
    const said = await page.evaluate(
      `(document.activeElement.labels?.[0]?.firstChild.textContent ?? document.activeElement.textContent).trim()`,
    )
    if (said === name) return
  }
  throw new Error(`Tab does not lead to "${name}"`)
}

t.test('without JavaScript: invite, change, impersonate, disable, sign out, delete', async (t) => {
  const page = await administrator({ javaScriptEnabled: false })
  await page.goto(`${url}/admin/users`)
  await page.getByLabel('User name', { exact: true }).fill('ada@example.org')
  await page.getByLabel('Roles', { exact: true }).fill('user, wrong!')
  await page.getByRole('button', { name: 'Make the link' }).click()
  t.match(await page.getByRole('alert').textContent(), '“wrong!” cannot be a role')
  t.equal(await page.getByLabel('User name', { exact: true }).inputValue(), 'ada@example.org')
  await page.getByLabel('Roles', { exact: true }).fill('user analyst')
  await page.getByRole('button', { name: 'Make the link' }).click()
  const link = await page.getByLabel('Link', { exact: true }).inputValue()
  t.match(link, /\/invitation\/lki_/)
  await page.getByRole('button', { name: 'Done' }).click()
  t.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'ada@example.org')

  const ada = await browser.person({ javaScriptEnabled: false })
  await ada.goto(url + new URL(link).pathname)
  await ada.getByLabel('New password', { exact: true }).fill('correct horse battery')
  await ada.getByLabel('New password once more').fill('correct horse battery')
  await ada.getByRole('button').click()
  await ada.waitForURL('**/keys', { waitUntil: 'commit' })

  await page.getByLabel('Groups', { exact: true }).fill('lab')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The roles and groups are saved.').waitFor()
  t.equal(await page.getByLabel('Groups', { exact: true }).inputValue(), 'lab')

  await page.getByRole('button', { name: 'Impersonate ada@example.org' }).click()
  await page.getByRole('button', { name: 'Stop impersonating' }).click()
  await page.getByText('You are yourself again.').waitFor()

  await page.goto(`${url}/admin/users?beginning=ada`)
  await page.getByRole('link', { name: 'ada@example.org', exact: true }).click()
  await page.getByRole('link', { name: 'Disable ada@example.org' }).click()
  await page.getByRole('link', { name: 'Cancel' }).click()
  await page.getByRole('link', { name: 'Disable ada@example.org' }).click()
  await page.getByRole('button', { name: 'Disable' }).click()
  await page.getByText('The user is disabled. Nothing lets them in any more.').waitFor()
  await ada.goto(`${url}/keys`)
  t.match(ada.url(), '/sign-in')
  await page.getByRole('link', { name: 'Enable ada@example.org' }).click()
  await page.getByRole('button', { name: 'Enable' }).click()
  await page.getByText('The user is enabled again.', { exact: true }).waitFor()

  await page.getByRole('link', { name: '1 open' }).click()
  await page.getByRole('link', { name: 'Sign out everywhere ada@example.org' }).click()
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByText('The user is signed out everywhere.').waitFor()

  await page.getByRole('link', { name: 'Delete ada@example.org' }).click()
  await page.getByLabel('Type the name of the user').fill('ada')
  await page.getByRole('button', { name: 'Delete' }).click()
  t.match(await page.getByRole('alert').textContent(), 'Nothing was deleted.')
  await page.getByLabel('Type the name of the user').fill('ada@example.org')
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByText('The user is deleted').waitFor()
  const { statusCode } = await site.app.inject({
    url: '/v1/admin/users/ada@example.org',
    headers: site.first,
  })
  t.equal(statusCode, 404)
})

t.test('find a user and end a session by the keyboard alone', async (t) => {
  const bob = await site.cookieSession('bob')
  const page = await administrator()
  await page.goto(`${url}/admin/sessions`)
  await tabTo(page, 'Skip to content')
  await page.keyboard.press('Enter')
  await tabTo(page, 'Sessions of the user')
  await page.keyboard.type('bob')
  await page.keyboard.press('Enter')
  await page.getByText('1 open session of').waitFor()
  await tabTo(page, `End session ${bob.id} of bob`)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'End this session?' }).waitFor()
  await tabTo(page, 'End the session')
  await page.keyboard.press('Enter')
  await page.getByText('The session has ended').waitFor()
  t.equal((await site.app.inject({ url: '/v1/me', headers: bob.headers })).statusCode, 401)
})
