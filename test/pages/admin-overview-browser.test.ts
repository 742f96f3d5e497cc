// The overview in a real browser: axe in light and dark, letters that do not collide at any width, tables without JavaScript,
// and the navigation in line with what is below it.

import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { dayOf } from '../../store/use-counts.ts'
import { startSessionSite } from '../support/session-site.ts'
import { assertAccessible, giveSession, sidewaysOverflow, startBrowser } from './browser.ts'

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const browser = await startBrowser(t)
const root = await site.cookieSession('root', ['user', 'admin'])
const dayMs = 86_400_000
const widths = [360, 600, 820, 1280, 1920]

async function open(width: number, options: Parameters<typeof browser.person>[0] = {}): Promise<Page> {
  const page = await browser.person({ viewport: { width, height: 800 }, ...options })
  await giveSession(page, url, root.cookie)
  await page.goto(`${url}/admin`)
  return page
}

interface Drawing {
  readonly collisions: readonly string[]
  readonly smallest: number
  readonly outside: readonly string[]
  readonly texts: number
}

/** In every chart: letters that touch each other, that leave the page, and the size of the smallest. */
const measure = `(() => {
  const collisions = [], outside = []
  let smallest = Infinity, texts = 0
  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const card = svg.closest('section').getBoundingClientRect()
    const shown = [...svg.querySelectorAll('text')].filter((text) => getComputedStyle(text).display !== 'none')
    const boxes = shown.map((text) => [text.textContent, text.getBoundingClientRect()])
    texts += shown.length
    for (const text of shown) smallest = Math.min(smallest, parseFloat(getComputedStyle(text).fontSize))
    for (const [index, [name, box]] of boxes.entries()) {
      if (box.left < card.left || box.right > card.right) outside.push(name)
      for (const [other, its] of boxes.slice(index + 1)) {
        const isBeside = box.right <= its.left || its.right <= box.left
        // A line of text is higher than its letters.
        const isAbove = box.bottom - 2 <= its.top || its.bottom - 2 <= box.top
        if (!isBeside && !isAbove) collisions.push(name + ' ' + other)
      }
    }
  }
  return { collisions, outside, smallest, texts }
})()`

async function assertLegible(t: Test, name: string): Promise<void> {
  const page = await open(360)
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 })
    const drawing = await page.evaluate<Drawing>(measure)
    t.strictSame(drawing.collisions, [], `${name} at ${width}: letters do not touch`)
    t.strictSame(drawing.outside, [], `${name} at ${width}: nor stand outside`)
    t.ok(drawing.smallest >= 12, `${name} at ${width}: ${drawing.smallest} px`)
    t.ok(drawing.texts > 10)
    t.equal(await sidewaysOverflow(page), 0)
  }
}

/** With every table open: what is seen then includes what is seen before. */
async function assertAccessibleOpen(t: Test, name: string): Promise<void> {
  const page = await open(360)
  for (const summary of await page.getByText('As a table').all()) await summary.click()
  await assertAccessible(t, page, name)
  await page.setViewportSize({ width: 1280, height: 800 })
  t.equal(await sidewaysOverflow(page), 0, `${name} at 1280`)
}

async function addDay(daysAgo: number, outcomes: Readonly<Record<string, number>>): Promise<void> {
  const day = dayOf(Date.now() - daysAgo * dayMs)
  const addresses = new Map([
    ['192.0.2.1', 3],
    ['2001:db8:abcd:1234::/64', 2],
  ])
  await site.core.stores.useCounts.add(day, new Map(Object.entries(outcomes)), addresses)
}

t.test('nothing yet', async (t) => {
  await assertAccessible(t, await open(360), 'nothing')
  await assertLegible(t, 'nothing')
})

t.test('keys and verifications', async (t) => {
  for (let index = 0; index < 12; index++) await site.mint(`owner-${index}`)
  for (let day = 0; day < 30; day++) {
    const refusals = { credential_invalid: day, credential_malformed: 2, user_disabled: 1 }
    await addDay(day, { accepted: 900 + 40 * day, ...refusals })
  }
  await assertAccessibleOpen(t, 'data')
  await assertLegible(t, 'data')
})

t.test('without JavaScript the tables open and the links lead on', async (t) => {
  const page = await open(360, { javaScriptEnabled: false })
  const expiries = page.getByRole('table', { name: 'Live keys by the month in which they expire' })
  t.equal(await expiries.isVisible(), false)
  await page.getByText('As a table').first().click()
  t.equal(await expiries.isVisible(), true)
  t.equal(await expiries.getByRole('row', { name: 'Never 12' }).count(), 1)
  await page.getByText('As a table').last().click()
  const today = page
    .getByRole('table', { name: 'Verifications a day, accepted and refused' })
    .getByRole('row')
    .last()
  t.match(await today.textContent(), /900\s*3\s*2 not a key; 1 of a disabled user/)
  t.equal(
    await page
      .getByRole('img', { name: /^Live keys by the month in which they expire 12 keys in all/ })
      .count(),
    1,
  )

  await page.getByRole('link', { name: 'Show the addresses' }).click()
  t.match(page.url(), /#refused$/)
  t.equal(await page.getByRole('cell', { name: '21', exact: true }).count(), 1, '3 a day in 7 days')
  const never = page.getByRole('link', { name: 'Show these keys (Keys that never expire)' })
  t.equal(await never.getAttribute('href'), '/admin/keys?expires=never')
  await page.getByRole('link', { name: 'Invite a user' }).click()
  t.match(page.url(), /\/admin\/users#invite$/)
})

t.test('by the keyboard alone: every table can be opened', async (t) => {
  const page = await open(1280)
  let opened = 0
  for (let pressed = 0; pressed < 40 && opened < 2; pressed++) {
    await page.keyboard.press('Tab')
    if (await page.locator('.charts summary:focus').count()) {
      await page.keyboard.press('Enter')
      opened++
    }
  }
  t.equal(await page.locator('.charts details[open]').count(), 2)
})

t.test('one huge number among small ones', async (t) => {
  await addDay(3, { accepted: 4_321_000 })
  await assertLegible(t, 'millions')
  const page = await open(360)
  const heights = await page.evaluate<number[]>(
    '[...document.querySelectorAll("svg[aria-labelledby^=verifications] .column .bar")].map((bar) => bar.height.baseVal.value)',
  )
  t.equal(heights.length, 60, 'a day without any stays without')
  t.ok(Math.min(...heights) >= 2 && Math.max(...heights) <= 160)
})

t.test('the navigation begins where the content does, at every width', async (t) => {
  const page = await open(360)
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 })
    const [words, heading] = await page.evaluate<[number, number]>(`(() => {
      const textLeft = (selector) => {
        const range = document.createRange()
        range.selectNodeContents(document.querySelector(selector))
        return range.getBoundingClientRect().left
      }
      return [textLeft('nav.sections a'), textLeft('h1')]
    })()`)
    t.ok(Math.abs(words - heading) < 1, `${width}: ${words} and ${heading}`)
  }
})
