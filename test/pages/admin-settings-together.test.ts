// Two administrators at the settings at once: the second is told who changed what, nothing typed is lost, and nothing is
// overwritten unseen.

import t from 'tap'
import { names } from '../../store/names.ts'
import { auditEvents, serviceWith } from '../routes/evidence.ts'
import { plantCrowd } from '../support/audit-events.ts'
import { startSessionSite } from '../support/session-site.ts'
import { fieldsOf, openForm, send, settingsUrl, textAt } from './admin-settings.ts'
import { giveSession, startBrowser } from './browser.ts'

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const settings = async () => (await site.app.inject({ url: '/v1/settings', headers: site.first })).json()
const put = async (payload: object, headers = site.first) => {
  const answer = await site.app.inject({ method: 'PUT', url: '/v1/settings', headers, payload })
  if (answer.statusCode !== 200) throw new Error(answer.body)
}
const root = await site.cookieSession('root', ['user', 'admin'])
const mary = await site.cookieSession('مريم', ['user', 'admin'])

for (const javaScriptEnabled of [true, false]) {
  t.test(
    `in two browsers, the second is told and then saves; JavaScript ${javaScriptEnabled ? 'on' : 'off'}`,
    async (t) => {
      await put({ siteName: 'Keys', apiKeyLifetimeDays: null, sessionIdleMinutes: 30, apiKeysPerUser: 100 })
      const browser = await startBrowser(t)
      const open = async (session: typeof root) => {
        const page = await browser.person({ javaScriptEnabled })
        await giveSession(page, url, session.cookie)
        await page.goto(url + settingsUrl)
        return page
      }
      const [first, second] = [await open(mary), await open(root)]

      await second.getByLabel('Idle timeout (minutes)').fill('45')
      await second.getByLabel('API keys per user').fill('50')
      await second.getByLabel('Let users create session keys').uncheck()
      await first.getByLabel('Idle timeout (minutes)').fill('60')
      await first.getByLabel('Expire API keys').selectOption({ label: '90 days (3 months)' })
      await first.getByRole('button', { name: 'Save' }).click()
      await first.getByText('The settings are saved.').waitFor()

      await second.getByRole('button', { name: 'Save' }).click()
      t.match(
        await second.getByRole('alert').textContent(),
        'Somebody changed the settings since this page was opened.',
      )
      const said = async (field: string) =>
        (await second.locator(`#${field}-change`).textContent())?.replace(/\s+/g, ' ') ?? ''
      t.match(
        await said('sessionIdleMinutes'),
        /^Changed by مريم just now: was 30, is 60\. You chose 45, which saving/,
      )
      t.match(
        await said('apiKeyLifetimeDays'),
        /^Changed by مريم just now: was Never \(default\), is 90 days \(3 months\)\.$/,
      )
      t.equal(await second.locator('.theirs').count(), 2, 'only what was changed is marked')
      t.match(await settings(), { sessionIdleMinutes: 60, apiKeysPerUser: 100, sessionKeysAllowed: true })
      t.equal(await second.getByLabel('Idle timeout (minutes)').inputValue(), '45', 'mine')
      t.equal(await second.getByLabel('API keys per user').inputValue(), '50', 'mine')
      t.equal(await second.getByLabel('Let users create session keys').isChecked(), false, 'mine')
      t.equal(await second.getByLabel('Expire API keys').inputValue(), '90', 'theirs')

      await second.getByRole('button', { name: 'Save' }).click()
      await second.getByText('The settings are saved.').waitFor()
      const expected = {
        sessionIdleMinutes: 45,
        apiKeysPerUser: 50,
        sessionKeysAllowed: false,
        apiKeyLifetimeDays: 90,
      }
      t.match(await settings(), expected)
      const event = (await auditEvents(site.server, 'settings.changed')).at(-1)
      t.same(event?.details, {
        sessionIdleMinutes: { from: 60, to: 45 },
        apiKeysPerUser: { from: 100, to: 50 },
        sessionKeysAllowed: { from: true, to: false },
      })
      await put({ sessionKeysAllowed: true })
    },
  )
}

t.test(
  'a conflict is 412, every time somebody saved in between, and each field names its own author',
  async (t) => {
    const form = { ...(await openForm(site, root)), siteName: 'Mine' }
    await put({ sessionAbsoluteHours: 24 }, await serviceWith(site, 'gateway', ['admin']))
    await send(site, mary, await openForm(site, mary), { siteName: '<b>Theirs</b>' })
    const late = await send(site, root, form)
    t.equal(late.statusCode, 412)
    t.match(
      textAt(late, 'sessionAbsoluteHours-change'),
      'Changed by the service gateway just now: was 12, is 24.',
    )
    t.match(
      textAt(late, 'siteName-change'),
      'Changed by مريم just now: was Keys, is <b>Theirs</b>. You chose Mine,',
    )
    t.notMatch(late.body, '<b>Theirs')
    t.match(site.logged.join(''), '"code":"settings_changed"')

    await put({ apiKeysPerUser: 7 })
    const later = await send(site, root, fieldsOf(late))
    t.equal(later.statusCode, 412, 'a third change is not overwritten either')
    t.match(textAt(later, 'apiKeysPerUser-change'), /is 7\.$/)
    t.equal(textAt(later, 'siteName-change'), null, 'what was told once is known')
    t.equal((await send(site, root, fieldsOf(later))).statusCode, 303)
    t.match(await settings(), { siteName: 'Mine', sessionAbsoluteHours: 24, apiKeysPerUser: 7 })
  },
)

t.test('a change of my own in another window is said to be mine', async (t) => {
  const form = await openForm(site, root)
  await send(site, root, form, { sessionIdleMinutes: '90' })
  const late = await send(site, root, form, { apiKeysPerUser: '8' })
  t.match(textAt(late, 'sessionIdleMinutes-change'), 'Changed by yourself in another window just now')
})

t.test('what both chose alike is saved, and said beside a field that differs', async (t) => {
  const form = await openForm(site, root)
  await put({ sessionIdleMinutes: 20 })
  t.equal((await send(site, root, form, { sessionIdleMinutes: '20' })).statusCode, 303)
  const late = await send(site, root, form, { sessionIdleMinutes: '20', apiKeysPerUser: '9' })
  t.equal(late.statusCode, 412)
  t.match(textAt(late, 'sessionIdleMinutes-change'), 'You chose the same.')
})

t.test(
  'a preview shows what was changed meanwhile, counts for the merged policy, and saves nothing',
  async (t) => {
    const form = await openForm(site, root)
    await site.mint('ada')
    await put({ apiKeyLifetimeDays: 7 })
    const before = await settings()
    const answer = await send(site, root, form, { siteName: 'Typed', intent: 'preview' })
    t.equal(answer.statusCode, 200)
    t.match(textAt(answer, 'apiKeyLifetimeDays-change'), 'is 7 days (1 week).')
    t.match(textAt(answer, 'settings-preview'), '7 days (1 week)')
    t.match(fieldsOf(answer), { siteName: 'Typed', apiKeyLifetimeDays: '7' })
    t.same(await settings(), before)
  },
)

t.test('a choice to shorten existing keys outlives a conflict only for the same time', async (t) => {
  await put({ apiKeyLifetimeDays: 90, sessionIdleMinutes: 30 })
  const form = { ...(await openForm(site, root)), clamp: 'on' }
  await put({ sessionIdleMinutes: 31 })
  const mine = await send(site, root, form, { apiKeyLifetimeDays: '30', previewed: '30' })
  t.equal(mine.statusCode, 412)
  t.match(fieldsOf(mine), { clamp: 'on', previewed: '30', apiKeyLifetimeDays: '30' })
  await put({ apiKeyLifetimeDays: 7 })
  const theirs = await send(site, root, form, { previewed: '90' })
  t.equal(theirs.statusCode, 412)
  t.notOk('clamp' in fieldsOf(theirs))
  t.match(theirs.body, 'Preview again before existing keys are shortened')
  t.same(await auditEvents(site.server, 'api-keys.clamped'), [])
})

t.test('who it was is found behind thousands of other events', async (t) => {
  const form = await openForm(site, root)
  await put({ sessionIdleMinutes: 76 })
  await plantCrowd(site.server, { count: 12_000 })
  const late = await send(site, root, form, { apiKeysPerUser: '10' })
  t.match(textAt(late, 'sessionIdleMinutes-change'), 'Changed by the service first')
})

t.test(
  'where the audit log does not tell any more who it was, the change is told all the same',
  async (t) => {
    const form = await openForm(site, root)
    await put({ sessionIdleMinutes: 77 })
    await site.server.command('DEL', names.auditOfSite)
    const late = await send(site, root, form, { apiKeysPerUser: '11' })
    t.equal(late.statusCode, 412)
    t.match(textAt(late, 'sessionIdleMinutes-change'), /^Changed by somebody: was \d+, is 77\.$/)
  },
)
