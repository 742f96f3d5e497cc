// The list of all API keys in a real browser: accessible in every state and at 360 pixels, by keyboard, without JavaScript,
// and with names that hope to be run.

import t from 'tap'
import { newJob } from '../../domain/new-job.ts'
import { seedApiKeys } from '../support/seed.ts'
import { startSessionSite, testOrigin } from '../support/session-site.ts'
import { assertAccessible, giveSession, payloads, startBrowser } from './browser.ts'

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const root = await site.cookieSession('root', ['user', 'admin'])
const browser = await startBrowser(t)
const statusOf = async (key: { readonly headers: object }) =>
  (await site.app.inject({ url: '/v1/me', headers: { ...key.headers } })).statusCode

t.test('every state is accessible, light and dark, and fits 360 pixels', async (t) => {
  const page = await browser.person({ viewport: { width: 360, height: 740 } })
  await giveSession(page, url, root.cookie)
  const check = async (path: string): Promise<void> => {
    await page.goto(url + path)
    await assertAccessible(t, page, path.replaceAll(/w{20,}/g, 'w…'))
  }
  await check('/admin/keys')
  const one = await site.mint('w'.repeat(128), 'd'.repeat(256))
  await site.mint('مريم', 'استيراد ليلي')
  await check('/admin/keys')
  await seedApiKeys(site.core, site.server.socketPath, { count: 60 })
  await check('/admin/keys')
  await check(`/admin/keys?user=${'w'.repeat(100)}&unused=ever&from=2020-01-01`)
  await check('/admin/keys?id=nonsense')
  await check(`/admin/keys/revoke?id=${one.id}`)
  await check('/admin/keys/revoke-matching?unused=ever')
  await check('/admin/keys/revoke-all')
  const { nowMs } = await site.core.stores.site.read()
  // Of a user that there is not, held by another worker: it stays open.
  const job = newJob({ kind: 'revoke', user: 'AAAAAAAA', total: 100_000, origin: testOrigin }, nowMs)
  await site.core.stores.jobs.take(job.id, 'somebody')
  await site.core.stores.jobs.file({ ...job, examined: 1_234 }, null)
  await check(`/admin/jobs/${job.id}`)
  await check('/admin/keys')
  await site.core.stores.jobs.file({ ...job, endedMs: nowMs, done: 7 }, null)
  await check(`/admin/jobs/${job.id}`)
})

t.test('by the keyboard alone: filter, tick, revoke', async (t) => {
  const [doomed, kept] = [await site.mint('keyboard', 'doomed'), await site.mint('keyboard', 'stays')]
  const page = await browser.person()
  await giveSession(page, url, root.cookie)
  await page.goto(`${url}/admin/keys`)
  await page.getByLabel('User name begins with').focus()
  await page.keyboard.type('keyboard')
  await page.keyboard.press('Enter')
  await page.waitForURL('**user=keyboard**', { waitUntil: 'commit' })
  await page.getByLabel('Select doomed of keyboard').focus()
  await page.keyboard.press('Space')
  t.match(
    await page.getByRole('button', { name: 'Revoke selected' }).textContent(),
    '(1)',
    'it says how many',
  )
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Revoke this API key?' }).waitFor()
  await page.getByRole('button', { name: 'Revoke' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('1 key is revoked.').waitFor()
  t.same([await statusOf(doomed), await statusOf(kept)], [401, 200])
})

t.test('one click ticks all rows of a page; all that match outweighs them', async (t) => {
  const page = await browser.person()
  await giveSession(page, url, root.cookie)
  await page.goto(`${url}/admin/keys`)
  const rows = page.locator('tbody input[type=checkbox]')
  await page.getByLabel('Select all on this page').check()
  t.equal(await page.locator('tbody input:checked').count(), await rows.count())
  await rows.first().uncheck()
  t.notOk(await page.getByLabel('Select all on this page').isChecked())
  await page.getByLabel(/Select all \d/).check()
  t.ok(await rows.first().isDisabled())
})

t.test('without JavaScript: tick two of them, look at the question, cancel, revoke', async (t) => {
  const keys = [
    await site.mint('quiet', 'one'),
    await site.mint('quiet', 'two'),
    await site.mint('quiet', 'three'),
  ] as const
  const page = await browser.person({ javaScriptEnabled: false })
  await giveSession(page, url, root.cookie)
  await page.goto(`${url}/admin/keys?user=quiet`)
  t.notOk(await page.getByLabel('Select all on this page').isVisible(), 'no box that would do nothing')
  const select = async (): Promise<void> => {
    await page.getByLabel('Select one of quiet').check()
    await page.getByLabel('Select two of quiet').check()
    await page.getByRole('button', { name: 'Revoke selected' }).click()
  }
  await select()
  await page.getByRole('link', { name: 'Cancel' }).click()
  t.equal(await page.getByLabel('User name begins with').inputValue(), 'quiet', 'back where one came from')
  for (const key of keys) t.equal(await statusOf(key), 200)
  await select()
  await page.getByRole('button', { name: 'Revoke 2 keys' }).click()
  await page.getByText('2 keys are revoked.').waitFor()
  t.same([await statusOf(keys[0]), await statusOf(keys[1]), await statusOf(keys[2])], [401, 401, 200])
})

t.test('threat 5: scripts in descriptions and user names are text, on every page about keys', async (t) => {
  const page = await browser.person()
  await giveSession(page, url, root.cookie)
  const made: string[] = []
  for (const [index, payload] of payloads.entries()) {
    made.push((await site.mint(`payload ${index} ${payload}`.slice(0, 100).trim(), payload)).id)
  }
  const requested: string[] = []
  page.on('request', (request) => requested.push(request.url()))
  const ids = made.map((id) => `id=${id}`).join('&')
  for (const path of [
    '/admin/keys?user=payload',
    `/admin/keys/revoke?${ids}`,
    '/admin/keys/revoke-matching?user=payload',
    `/admin/keys?user=${encodeURIComponent(payloads[1] ?? '')}`,
  ]) {
    const answer = await page.goto(url + path)
    t.equal(await page.evaluate('typeof pwned'), 'undefined', path)
    t.ok(Number(answer?.status()) <= 400)
  }
  await page.goto(`${url}/admin/keys?user=payload`)
  const shown = await page.locator('td[data-label=Key] bdi').allTextContents()
  t.same(shown.toSorted(), [...payloads].toSorted())
  t.same(
    requested.filter((address) => !address.startsWith(`${url}/`)),
    [],
    'nothing is asked of anybody else',
  )
})
