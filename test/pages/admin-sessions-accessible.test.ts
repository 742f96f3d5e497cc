// axe-core on the pages of sessions, light and dark, 360 pixels wide; and nothing cut where tables are wide.

import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { assertAccessible, giveSession, sidewaysOverflow, startBrowser } from './browser.ts'

const longName = 'w'.repeat(128)

t.test('the pages of sessions are accessible and fit 360 pixels', async (t) => {
  const site = await startSessionSite(t)
  const url = (await site.listen()).replace('127.0.0.1', 'localhost')
  const browser = await startBrowser(t)
  const page = await browser.person({ viewport: { width: 360, height: 740 } })
  const root = await site.cookieSession('root', ['user', 'admin'])
  await giveSession(page, url, root.cookie)
  await site.mint('alone')
  await site.cookieSession(longName)
  const authenticated = { methods: ['pwd', 'm'.repeat(64)], at: new Date().toISOString() }
  await site.hostSession('مريم', { context: { authenticated } })
  const acting = await site.cookieSession('second', ['user', 'admin'])
  const started = await site.app.inject({
    method: 'POST',
    url: '/v1/session/impersonation',
    headers: acting.headers,
    payload: { kind: 'user', name: longName },
  })
  t.equal(started.statusCode, 200)
  const paths = [
    '/admin/sessions',
    '/admin/sessions?user=nobody',
    '/admin/sessions?user=alone',
    '/admin/sessions?user=second',
    `/admin/sessions/${acting.id}/end`,
  ]
  for (const path of paths) {
    await page.goto(url + path)
    await assertAccessible(t, page, path)
  }
  for (const width of [820, 1280]) {
    const wide = await browser.person({ viewport: { width, height: 740 } })
    await giveSession(wide, url, root.cookie)
    for (const path of paths) {
      await wide.goto(url + path)
      t.equal(await sidewaysOverflow(wide), 0, `${path} at ${width}`)
    }
  }
})
