// Every flow of the pages with JavaScript off, and the copy button of plain HTTP.

import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { curlWithNetrc, generateKey, giveSession, startBrowser } from './browser.ts'

t.test('without JavaScript', async (t) => {
  const site = await startSessionSite(t)
  const url = (await site.listen()).replace('127.0.0.1', 'localhost')
  const browser = await startBrowser(t)
  const page = await browser.person({ javaScriptEnabled: false })
  const invited = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/users',
    headers: site.first,
    payload: { user: 'ada', roles: ['user', 'admin'] },
  })

  await t.test('an invitation sets a password, signs in, and works once', async (t) => {
    const path = new URL(invited.json().link).pathname
    await page.goto(url + path)
    await page.getByLabel('New password', { exact: true }).fill('correct horse battery')
    await page.getByLabel('New password once more').fill('correct horse batterie')
    await page.getByRole('button').click()
    t.match(await page.getByRole('alert').textContent(), 'not the same')
    await page.getByLabel('New password', { exact: true }).fill('correct horse battery')
    await page.getByLabel('New password once more').fill('correct horse battery')
    await page.getByRole('button').click()
    await page.waitForURL('**/keys', { waitUntil: 'commit' })
    t.equal((await page.goto(url + path))?.status(), 404)
    t.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Invitation not valid')
  })

  await t.test('sign out, be refused, sign in and come back to where one was going', async (t) => {
    await page.goto(`${url}/keys`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.goto(`${url}/password`)
    await page.waitForURL('**/sign-in?to=*', { waitUntil: 'commit' })
    await page.getByLabel('User name').fill('ada')
    await page.getByLabel('Password').fill('wrong horse battery')
    await page.getByRole('button', { name: 'Sign in' }).click()
    t.match(await page.getByRole('alert').textContent(), 'The user name or the password is wrong')
    t.equal(await page.getByLabel('User name').inputValue(), 'ada')
    await page.getByLabel('Password').fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/password', { waitUntil: 'commit' })
    await page.getByLabel('Present password').fill('correct horse battery')
    await page.getByLabel('New password', { exact: true }).fill('a newer horse battery')
    await page.getByLabel('New password once more').fill('a newer horse battery')
    await page.getByRole('button', { name: 'Change password' }).click()
    t.match(await page.getByRole('status').first().textContent(), 'Your password is changed')
  })

  await t.test('generate, use, rename and revoke an API key', async (t) => {
    await page.goto(`${url}/keys`)
    const key = await generateKey(page, 'nightly import')
    t.match(key, /^lka_/)
    t.equal(await page.getByRole('button', { name: 'Copy' }).count(), 0, 'no button that would do nothing')
    await page.getByText('curl', { exact: true }).click()
    t.ok(await page.locator('#curl').isVisible())
    const netrc = (await page.locator('#netrc').textContent()) ?? ''
    t.equal(await curlWithNetrc(t, netrc, `${url}/v1/me`), 200)
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'Rename nightly import' }).click()
    await page.getByLabel('Description').fill('weekly import')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('link', { name: 'Revoke weekly import' }).click()
    await page.getByRole('button', { name: 'Revoke' }).click()
    t.equal(await curlWithNetrc(t, netrc, `${url}/v1/me`), 401)
  })

  await t.test('generate and revoke a session key, which also says what ends it', async (t) => {
    await page.goto(`${url}/keys`)
    t.match(await page.getByRole('region', { name: 'Session keys' }).textContent(), 'when you sign out')
    await page.getByLabel('Description of the session key').fill('one afternoon')
    await page.getByRole('button', { name: 'Generate session key' }).click()
    t.match(await page.getByLabel('Key', { exact: true }).inputValue(), /^lks_/)
    const netrc = (await page.locator('#netrc').textContent()) ?? ''
    t.equal(await curlWithNetrc(t, netrc, `${url}/v1/me`), 200)
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'Revoke one afternoon' }).click()
    await page.getByRole('button', { name: 'Revoke' }).click()
    t.equal(await curlWithNetrc(t, netrc, `${url}/v1/me`), 401)
  })

  await t.test('impersonating: no API key, and a way out', async (t) => {
    await site.mint('eve', 'a key of eve')
    const admin = await site.cookieSession('root', ['user', 'admin'])
    const answer = await site.app.inject({
      method: 'POST',
      url: '/v1/session/impersonation',
      headers: admin.headers,
      payload: { kind: 'user', name: 'eve' },
    })
    const person = await browser.person({ javaScriptEnabled: false })
    await giveSession(person, url, answer.cookies[0]?.value ?? '')
    await person.goto(`${url}/keys`)
    t.ok(await person.getByRole('button', { name: 'Generate API key' }).isDisabled())
    t.match(
      await person.getByRole('region', { name: 'New API key' }).textContent(),
      'cannot be made while impersonating',
    )
    await person.getByRole('button', { name: 'Stop impersonating' }).click()
    await person.getByText('You are yourself again.').waitFor()
    t.equal(await person.getByRole('button', { name: 'Stop impersonating' }).count(), 0)
    t.notOk(await person.getByRole('button', { name: 'Generate API key' }).isDisabled())
  })
})
