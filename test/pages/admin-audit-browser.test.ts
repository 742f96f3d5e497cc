// The audit log in a real browser: filtered with JavaScript off and by the keyboard; accessible and narrow; text stays text.

import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import { auditEvent, plant } from '../support/audit-events.ts'
import { parseCsv } from '../support/csv.ts'
import { startSessionSite } from '../support/session-site.ts'
import { assertAccessible, giveSession, payloads, startBrowser } from './browser.ts'

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const browser = await startBrowser(t)
const root = await site.cookieSession('root', ['user', 'admin'])
const path = `${url}/admin/audit`

async function administrator(options: Parameters<typeof browser.person>[0] = {}): Promise<Page> {
  const page = await browser.person(options)
  await giveSession(page, url, root.cookie)
  return page
}

t.test('without JavaScript: filter, follow links, download, clear', async (t) => {
  const key = await site.mint('ada', 'nightly')
  await site.mint('bob')
  const page = await administrator({ javaScriptEnabled: false })
  await page.goto(path)
  await page.getByLabel('Done to').fill('ada')
  await page.getByLabel('Action').selectOption('API keys: all')
  const today = new Date().toISOString().slice(0, 10)
  await page.getByLabel('From').fill('2020-01-01')
  await page.getByLabel('To, that day included').fill(today)
  await page.getByRole('button', { name: 'Show' }).click()
  t.equal(await page.getByLabel('Done to').inputValue(), 'ada')
  t.equal(await page.getByLabel('From').inputValue(), '2020-01-01')
  const rows = page.locator('tbody tr')
  t.equal(await rows.count(), 1)
  t.match(await rows.textContent(), /first service[\s\S]*made an API key[\s\S]*ada/)
  t.equal(await page.getByRole('link', { name: key.id }).getAttribute('href'), `/admin/keys?id=${key.id}`)
  t.equal(await page.getByRole('link', { name: 'ada', exact: true }).getAttribute('href'), '/admin/users/ada')

  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download what matches as CSV' }).click()
  const download = await downloading
  t.equal(download.suggestedFilename(), 'latchkey-audit.csv')
  const [, row = [], ...more] = parseCsv(await readFile(await download.path(), 'utf8'))
  t.match(row.slice(1, 6), ['api-key.minted', 'first', 'service', 'first', 'ada'])
  t.strictSame(more, [])

  await page.getByLabel('From').fill('2030-01-01')
  await page.getByRole('button', { name: 'Show' }).click()
  t.match(await page.getByRole('alert').textContent(), 'is later than')
  t.equal(await page.getByLabel('From').inputValue(), '2030-01-01')
  await page.getByRole('link', { name: 'Clear' }).click()
  await page.waitForURL(path, { waitUntil: 'commit' })
  t.ok((await rows.count()) > 1)
})

t.test('by the keyboard alone: who did it, and Enter', async (t) => {
  const page = await administrator()
  await page.goto(path)
  for (let pressed = 0; pressed < 40; pressed++) {
    await page.keyboard.press('Tab')
    if (await page.locator('input[name=actor]:focus').count()) break
  }
  await page.keyboard.type('nobody')
  await page.keyboard.press('Enter')
  await page.getByText('Nothing in the audit log matches.').waitFor()
  t.equal(new URL(page.url()).searchParams.get('actor'), 'nobody')
})

t.test('every page is accessible, light and dark, and fits 360 pixels', async (t) => {
  await site.mint('w'.repeat(128))
  await site.mint('مريم')
  const longest = 'w'.repeat(128)
  const actor = { kind: 'user', name: longest, id: longest, impersonator: 'مريم' }
  const details = { [longest]: longest, at: { from: longest, to: [longest] }, id: longest }
  const address = '2001:0db8:85a3:0000:0000:8a2e:0370:7334'
  await plant(site.server, [
    { ms: Date.now() + 60_000, sequence: 0, stream: 0, event: auditEvent({ actor, details, address }) },
  ])
  const page = await administrator({ viewport: { width: 360, height: 740 } })
  for (const [name, query] of [
    ['filled', ''],
    ['empty', '?actor=nobody'],
    ['refused', `?from=2026-01-02&to=2026-01-01&actor=${longest}`],
  ] as const) {
    await page.goto(path + query)
    await assertAccessible(t, page, name)
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto(path)
  await assertAccessible(t, page, 'as a table')
  t.equal(await page.getByRole('table').count(), 1)
})

t.test('threat 5: names, actions, addresses and details are text, whatever they hold', async (t) => {
  await plant(
    site.server,
    payloads.map((text, sequence) => {
      const actor = { kind: 'user', name: text, id: text, impersonator: `${text} ` }
      const details = { [text]: text, id: text, change: { from: text, to: [text] } }
      const event = auditEvent({ actor, subject: text, action: `user.${text}`, address: text, details })
      return { ms: Date.now() + 120_000, sequence, stream: 1, event }
    }),
  )
  const page = await administrator()
  await page.goto(path)
  const said = await page.getByRole('table').innerText()
  for (const payload of payloads) t.ok(said.includes(payload), payload)
  t.equal(await page.evaluate('typeof pwned'), 'undefined')
  t.strictSame(await page.locator('main :is(script, iframe, base, svg, img)').count(), 0)
  for (const payload of payloads) {
    await page.goto(`${path}?${new URLSearchParams({ actor: payload, subject: payload, from: payload })}`)
    t.equal(await page.getByLabel('Done by').inputValue(), payload)
    t.match(await page.getByRole('alert').textContent(), 'is not a day')
    t.equal(await page.evaluate('typeof pwned'), 'undefined', payload)
  }
})
