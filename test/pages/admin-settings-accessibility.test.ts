// /admin/settings on a narrow screen, light and dark, in each state it has: WCAG 2.2 AA, nothing cut.

import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { settingsUrl } from './admin-settings.ts'
import { assertAccessible, giveSession, startBrowser } from './browser.ts'

t.test(
  'plain, with a preview, a problem, a conflict, welcoming: accessible, and 360 pixels wide',
  async (t) => {
    const site = await startSessionSite(t)
    const url = (await site.listen()).replace('127.0.0.1', 'localhost')
    const browser = await startBrowser(t)
    const put = async (payload: object) =>
      await site.app.inject({ method: 'PUT', url: '/v1/settings', headers: site.first, payload })
    const root = await site.cookieSession('root', ['user', 'admin'])
    await put({ siteName: 'م'.repeat(64), apiKeyLifetimeDays: null })
    await site.mint('bob', 'without end')
    const other = await site.cookieSession('w'.repeat(128), ['user', 'admin'])
    const page = await browser.person({ viewport: { width: 360, height: 740 } })
    await giveSession(page, url, root.cookie)
    await page.goto(url + settingsUrl)
    await assertAccessible(t, page, 'plain')
    await page.getByLabel('Expire API keys').selectOption('7')
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.getByLabel('Also shorten existing keys to this').waitFor()
    await assertAccessible(t, page, 'with a preview')

    await page.evaluate(`document.querySelector('form[data-once]').noValidate = true`)
    await page.getByLabel('Idle timeout').fill('99999')
    await page.getByLabel('Site name').fill('"'.repeat(300))
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('alert').waitFor()
    await assertAccessible(t, page, 'with problems')
    t.equal(await page.getByLabel('Site name').inputValue(), '"'.repeat(300))
    await page.getByRole('link', { name: 'Idle timeout (minutes)' }).click()
    t.equal(await page.evaluate('location.hash'), '#sessionIdleMinutes')

    await page.goto(url + settingsUrl)
    const second = await browser.person()
    await giveSession(second, url, other.cookie)
    await second.goto(url + settingsUrl)
    await second.getByLabel('Site name').fill('W'.repeat(64))
    await second.getByLabel('Let users create session keys').uncheck()
    await second.getByLabel('Idle timeout').fill('60')
    await second.getByRole('button', { name: 'Save' }).click()
    await second.getByText('The settings are saved.').waitFor()
    await page.getByLabel('Idle timeout').fill('45')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('alert').waitFor()
    t.equal(await page.locator('.theirs').count(), 3)
    await assertAccessible(t, page, 'with a conflict')

    await put({ apiKeysAllowed: false, sessionKeysAllowed: false })
    await page.goto(url + settingsUrl)
    await page.getByRole('heading', { name: 'Welcome to' }).waitFor()
    await assertAccessible(t, page, 'welcoming')
  },
)
