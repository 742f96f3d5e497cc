// A real browser for tests of pages: Debian's Chromium, a fresh profile, one for a test file; a context for each person.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** One that is slow is not one that is broken: the machine may be busy. */
const patienceMs = 60_000

export interface TestBrowser {
  /** Somebody with a browser of their own: no cookies of the others. */
  person(options?: BrowserContextOptions): Promise<Page>
}

export async function startBrowser(t: Test): Promise<TestBrowser> {
  const home = await mkdtemp(join(tmpdir(), 'latchkey-browser-'))
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: flags,
    // Crash reports and caches of Debian's wrapper go below the home folder.
    env: { ...process.env, HOME: home } as Record<string, string>,
  })
  t.teardown(async () => {
    await browser.close()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  })
  return {
    async person(options = {}) {
      const context = await browser.newContext(options)
      context.setDefaultTimeout(patienceMs)
      return await context.newPage()
    },
  }
}

/** Lets the pages of this person read and write the clipboard. */
export async function grantClipboard(context: BrowserContext, origin: string): Promise<void> {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin })
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/**
 * What axe-core finds wrong on the page as it stands: WCAG 2.2 AA. One line a finding.
 * @param only tags or rules to look at; left out: all of them
 */
export async function accessibilityFindings(
  page: Page,
  only: readonly string[] = rules,
): Promise<readonly string[]> {
  if (!(await page.evaluate('typeof axe === "object"'))) await page.evaluate(axe)
  return await page.evaluate<string[], string[]>(
    async (tags) => {
      const results = await (globalThis as unknown as AxeWindow).axe.run({ runOnly: tags })
      return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
    },
    [...only],
  )
}

interface AxeWindow {
  readonly axe: {
    run(options: { runOnly: string[] }): Promise<{
      readonly violations: readonly {
        readonly id: string
        readonly nodes: readonly { readonly html: string }[]
      }[]
    }>
  }
}

/** How many pixels of the page cannot be seen without scrolling sideways. */
export async function sidewaysOverflow(page: Page): Promise<number> {
  return Number(
    await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
  )
}

/** Accessible in light and in dark, and nothing cut at the width there is. */
export async function assertAccessible(t: Test, page: Page, name: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' })
  t.strictSame(await accessibilityFindings(page), [], `${name}, light`)
  // In the dark only colours are others.
  await page.emulateMedia({ colorScheme: 'dark' })
  t.strictSame(await accessibilityFindings(page, ['color-contrast']), [], `${name}, dark`)
  t.equal(await sidewaysOverflow(page), 0, `${name} fits`)
}

/** What others may put into names and descriptions, hoping that a page runs it as `pwned=1`. */
export const payloads: readonly string[] = [
  '<script>pwned=1</script>',
  '"><script>pwned=1</script>',
  "'><img src=x onerror=pwned=1>",
  '<svg/onload=pwned=1>',
  '</title><script>pwned=1</script>',
  '</textarea><script>pwned=1</script>',
  '" autofocus onfocus="pwned=1',
  "' onmouseover='pwned=1",
  'javascript:pwned=1',
  '<%= it.member.csrf %>',
  '<% pwned=1 %>',
  '{{constructor.constructor("pwned=1")()}}',
  ['$', '{pwned=1}'].join(''),
  '&lt;script&gt;pwned=1&lt;/script&gt;',
  '<!--<script>pwned=1</script>-->',
  '<iframe srcdoc="<script>parent.pwned=1</script>">',
  '<base href="https://evil.example/">',
  '<form action="https://evil.example"><button>',
]

/** Gives a person the cookie of a session that was opened without them. */
export async function giveSession(page: Page, url: string, cookie: string): Promise<void> {
  await page.context().addCookies([{ name: 'latchkey', value: cookie, url, httpOnly: true, sameSite: 'Lax' }])
}

/** Generates an API key on the page. @returns the key as it is shown */
export async function generateKey(page: Page, description: string): Promise<string> {
  await page.getByLabel('Description', { exact: true }).fill(description)
  await page.getByRole('button', { name: 'Generate API key' }).click()
  return await page.getByLabel('Key', { exact: true }).inputValue()
}

/** Writes the text as a .netrc and asks curl who that is. @returns the HTTP status */
export async function curlWithNetrc(t: Test, netrc: string, url: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-netrc-'))
  t.teardown(async () => await rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'netrc')
  await writeFile(file, netrc, { mode: 0o600 })
  const args = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}', '--netrc-file', file, url]
  const { stdout } = await promisify(execFile)('curl', args)
  return Number(stdout)
}
