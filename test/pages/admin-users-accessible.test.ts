// axe-core on the pages of users, light and dark, 360 pixels wide; and nothing cut where tables are wide.

import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { assertAccessible, giveSession, sidewaysOverflow, startBrowser } from './browser.ts'

const longName = 'w'.repeat(128)
const rightToLeft = 'مريم'

t.test('the pages of users are accessible and fit 360 pixels', async (t) => {
  const site = await startSessionSite(t)
  const url = (await site.listen()).replace('127.0.0.1', 'localhost')
  const browser = await startBrowser(t)
  const page = await browser.person({ viewport: { width: 360, height: 740 } })
  const root = await site.cookieSession('root', ['user', 'admin'])
  await giveSession(page, url, root.cookie)
  const check = async (path: string) => {
    await page.goto(url + path)
    await assertAccessible(t, page, path.replaceAll(longName, 'LONG'))
  }
  for (const path of ['/admin/users', '/admin/users?beginning=nobody']) await check(path)

  await site.mint(longName)
  await site.cookieSession(longName, ['r'.repeat(64), 's'.repeat(64)])
  await site.mint(rightToLeft)
  await site.app.inject({
    method: 'PATCH',
    url: `/v1/admin/users/${encodeURIComponent(rightToLeft)}`,
    headers: site.first,
    payload: { disabled: true },
  })
  const paths = [
    '/admin/users',
    `/admin/users/${longName}`,
    `/admin/users/${encodeURIComponent(rightToLeft)}`,
    '/admin/users/root?notice=saved',
    `/admin/users/${longName}/delete`,
  ]
  for (const path of paths) await check(path)

  await page.goto(`${url}/admin/users/${longName}`)
  await page.getByLabel('Roles', { exact: true }).fill('wrong!')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').waitFor()
  await assertAccessible(t, page, 'a refused form')
  await page.goto(`${url}/admin/users/${longName}`)
  await page.getByRole('button', { name: 'Make a link' }).click()
  await page.getByLabel('Link', { exact: true }).waitFor()
  await assertAccessible(t, page, 'a link that is shown once')

  for (const width of [820, 1280]) {
    const wide = await browser.person({ viewport: { width, height: 740 } })
    await giveSession(wide, url, root.cookie)
    for (const path of paths) {
      await wide.goto(url + path)
      t.equal(await sidewaysOverflow(wide), 0, `${path.replaceAll(longName, 'LONG')} at ${width}`)
    }
  }
})
