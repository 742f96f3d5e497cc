// A hundred thousand keys: one leaked key is found and revoked in a few clicks, all that match at once, with progress that
// a reload does not lose.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { seedApiKeys } from '../support/seed.ts'
import { startSessionSite } from '../support/session-site.ts'
import { giveSession, startBrowser } from './browser.ts'

const keyCount = 100_000
/** The long form revokes all of them: LATCHKEY_TEST_KEYS=100000. */
const revokedCount = Number(process.env.LATCHKEY_TEST_KEYS ?? 10_000)
const [all, revoked] = [keyCount + 3, revokedCount].map((count) => count.toLocaleString('en'))

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const other = await site.another()
const otherUrl = await other.listen()
const seed = async (count: number, usedAtMs?: number) =>
  await seedApiKeys(site.core, site.server.socketPath, {
    count,
    sampleSize: 25,
    ...(usedAtMs ? { usedAtMs } : {}),
  })
const neverUsed = await seed(revokedCount)
const used = revokedCount < keyCount ? await seed(keyCount - revokedCount, Date.now()) : []
const leaked = await site.mint('ada@example.org', 'pasted into a notebook')
const kept = [await site.mint('ada@example.org', 'nightly import'), await site.mint('adam@example.org')]
// Used, so that "never used" leaves them out.
for (const key of kept) await site.app.inject({ url: '/v1/me', headers: key.headers })
await site.lastUsed.flush()
const root = await site.cookieSession('root', ['user', 'admin'])
const browser = await startBrowser(t)

/** HTTP status that curl gets with a key. */
async function curl(secret: string, at = url): Promise<number> {
  const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-u', `apikey:${secret}`, `${at}/v1/me`]
  return Number((await promisify(execFile)('curl', args)).stdout)
}

t.test(
  'one leaked key among 100,000 is found and revoked in four clicks, and curl gets 401 at once',
  async (t) => {
    const page = await browser.person({ javaScriptEnabled: false })
    await giveSession(page, url, root.cookie)
    t.equal(await curl(leaked.secret), 200)
    await page.goto(`${url}/keys`)
    let clicks = 0
    const click = async (role: 'link' | 'button', name: string | RegExp): Promise<void> => {
      clicks++
      await page.getByRole(role, { name }).click()
    }
    await click('link', 'All API keys of the site')
    t.match(await page.locator('.summary').textContent(), `50 of ${all} keys`)
    await page.getByLabel('User name begins with').fill('ada@')
    await page.keyboard.press('Enter')
    await click('link', 'Revoke pasted into a notebook of ada@example.org')
    t.match(
      await page.locator('main').textContent(),
      /Revoke this API key\?.*ada@example\.org.*pasted into a notebook/s,
    )
    t.equal(await curl(leaked.secret), 200, 'the question alone revokes nothing')
    await click('button', 'Revoke')
    t.equal(await curl(leaked.secret), 401)
    t.equal(await curl(leaked.secret, otherUrl), 401, 'on the other instance, too')
    t.ok(clicks < 5, `${clicks} clicks`)
    t.match(await page.getByRole('status').first().textContent(), '1 key is revoked.')
    t.equal(await page.getByLabel('User name begins with').inputValue(), 'ada@', 'the filter is kept')
    t.equal(await page.getByText('pasted into a notebook').count(), 0)
    t.equal(await page.locator('td bdi').getByText('nightly import').count(), 1)
    for (const key of kept) t.equal(await curl(key.secret), 200)
  },
)

t.test('select all that match, revoke, watch the progress, reload, done', async (t) => {
  const page = await browser.person()
  await giveSession(page, url, root.cookie)
  await page.goto(`${url}/admin/keys`)
  await page.getByLabel('Last used').selectOption('never')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByLabel(`Select all ${revoked} matching`).check()
  t.ok(
    await page.locator('tbody input').first().isDisabled(),
    'what is ticked on this page does not matter then',
  )
  await page.getByRole('button', { name: 'Revoke selected' }).click()
  const heading = page.getByRole('heading', { level: 1 })
  t.equal(await heading.textContent(), `Revoke all ${revoked} keys that match?`)
  t.match(
    await page.locator('main').textContent(),
    `never used, of ${(revokedCount / 10).toLocaleString('en')} users`,
  )
  await page.getByRole('button', { name: `Revoke ${revoked} keys` }).click()
  await page.waitForURL('**/admin/jobs/*', { waitUntil: 'commit' })
  const progress = page.locator('[data-job-text]')
  const first = await progress.textContent()
  t.match(first, /^[\d,]+ of 100,002 looked at, [\d,]+ revoked$/)
  await progress.filter({ hasNotText: first ?? '' }).waitFor()
  await page.reload()
  t.equal(await page.getByRole('progressbar').count(), 1, 'still going on after a reload')
  const elsewhere = await browser.person({ javaScriptEnabled: false })
  await giveSession(elsewhere, url, root.cookie)
  await elsewhere.goto(`${otherUrl.replace('127.0.0.1', 'localhost')}/admin/keys`)
  t.match(
    await elsewhere.locator('[data-job-text]').textContent(),
    'looked at',
    'and on the list of another instance',
  )
  await page.getByText(`Done: ${revoked} keys revoked.`).waitFor({ timeout: 120_000 })
  for (const key of neverUsed) {
    t.equal((await other.app.inject({ url: '/v1/me', headers: key.headers })).statusCode, 401)
  }
  for (const key of kept) t.equal(await curl(key.secret), 200, 'what did not match still works')
  for (const key of used) {
    t.equal((await other.app.inject({ url: '/v1/me', headers: key.headers })).statusCode, 200)
  }
  await page.getByRole('link', { name: 'To the API keys' }).click()
  t.match(
    await page.locator('.summary').textContent(),
    `${(keyCount - revokedCount + 2).toLocaleString('en')} keys`,
  )
})
