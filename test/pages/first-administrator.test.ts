// From the first start to a key that works, and its end, as people do it: with the real server and a real browser.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ask, makeWorkplace, readFirst, startServer } from '../support/server-process.ts'
import { curlWithNetrc, generateKey, startBrowser } from './browser.ts'

t.test('first start → creation on → invitation → key → curl → revoked on the page → 401', async (t) => {
  const { data, environment } = await makeWorkplace(t)
  const server = await startServer(t, environment)
  const site = `http://localhost:${server.port}`
  const steps = join(data, 'first-steps')
  const link = new RegExp(`${site}/invitation/lki_\\w+`).exec(await readFile(steps, 'utf8'))?.[0] ?? 'no link'
  const browser = await startBrowser(t)

  const administrator = await browser.person()
  await administrator.goto(link)
  t.equal(await administrator.getByRole('heading', { level: 1 }).textContent(), 'Choose a password')
  await administrator.getByLabel('New password', { exact: true }).fill('correct horse battery staple')
  await administrator.getByLabel('New password once more').fill('correct horse battery staple')
  await administrator.getByRole('button', { name: 'Set password and sign in' }).click()
  await administrator.waitForURL('**/admin/settings', { waitUntil: 'commit' })
  await administrator.getByRole('heading', { name: 'Welcome to Latchkey' }).waitFor()
  await administrator.getByLabel('Let users create API keys').check()
  await administrator.getByLabel('Expire API keys').selectOption('90')
  await administrator.getByRole('button', { name: 'Save' }).click()
  await administrator.waitForURL('**/keys?notice=settings', { waitUntil: 'commit' })
  t.match(
    await administrator.getByRole('link', { name: 'All API keys of the site' }).getAttribute('href'),
    '/admin/keys',
  )

  const first = await readFirst(steps)
  const { body: settings } = await ask(server, 'GET', '/v1/settings', first)
  t.match(settings, { apiKeysAllowed: true, apiKeyLifetimeDays: 90, sessionKeysAllowed: false })
  const invited = await ask(server, 'POST', '/v1/admin/users', first, { user: 'ada@example.org' })
  t.equal(invited.status, 201)

  const ada = await browser.person({ permissions: ['clipboard-read', 'clipboard-write'] })
  await ada.goto(String(invited.body.link))
  await ada.getByLabel('New password', { exact: true }).fill('another battery staple')
  await ada.getByLabel('New password once more').fill('another battery staple')
  await ada.getByRole('button', { name: 'Set password and sign in' }).click()
  await ada.waitForURL('**/keys', { waitUntil: 'commit' })
  t.equal(await ada.getByRole('link', { name: 'All API keys' }).count(), 0, 'no administration for a user')
  await ada.getByRole('button', { name: 'Sign out' }).click()
  await ada.getByText('You are signed out.').waitFor()
  await ada.getByLabel('User name').fill('Ada@example.org')
  await ada.getByLabel('Password').fill('another battery staple')
  await ada.getByRole('button', { name: 'Sign in' }).click()
  await ada.waitForURL('**/keys', { waitUntil: 'commit' })

  const key = await generateKey(ada, 'nightly import')
  t.match(key, /^lka_[0-9A-Za-z]{58}$/)
  await ada.getByRole('button', { name: 'Copy key' }).click()
  await ada.getByRole('status').getByText('Copied to the clipboard.').waitFor()
  t.equal(await ada.evaluate('navigator.clipboard.readText()'), key, 'the clipboard holds the key')
  const netrc = (await ada.locator('#netrc').textContent()) ?? ''
  t.equal(netrc, `machine localhost\nlogin apikey\npassword ${key}\n`)
  t.equal(await curlWithNetrc(t, netrc, `${site}/v1/me`), 200)
  await ada.getByRole('button', { name: 'Done' }).click()
  await ada.getByRole('heading', { name: 'External tool access' }).waitFor()
  t.notMatch(await ada.content(), key.slice(20))

  await ada.getByRole('link', { name: 'Rename nightly import' }).click()
  await ada.getByLabel('Description').fill('weekly import')
  await ada.getByRole('button', { name: 'Save' }).click()
  await ada.getByRole('link', { name: 'Revoke weekly import' }).click()
  t.equal(await curlWithNetrc(t, netrc, `${site}/v1/me`), 200, 'the question alone revokes nothing')
  await ada.getByRole('button', { name: 'Revoke' }).click()
  await ada.getByText('The key is revoked.').waitFor()
  t.equal(await curlWithNetrc(t, netrc, `${site}/v1/me`), 401)
  t.equal(await ada.getByText('weekly import').count(), 0)

  t.notMatch(
    server.output.stdout,
    /lki_\w{20}|lka_\w{20}/,
    'no secret of the invitations or the key in the log',
  )
  t.match(server.output.stdout, '"route":"/invitation/:secret"')
})
