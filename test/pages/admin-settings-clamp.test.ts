// The expiry of existing API keys on /admin/settings: counted by a preview, shortened only by choice, and only to the
// lifetime that was looked at.

import t from 'tap'
import { startClamp } from '../../domain/clamp.ts'
import { names } from '../../store/names.ts'
import { auditEvents, stateOf } from '../routes/evidence.ts'
import { seedApiKeys } from '../support/seed.ts'
import { startSessionSite, testOrigin } from '../support/session-site.ts'
import type { MintedForTest } from '../support/site.ts'
import { until } from '../support/until.ts'
import { fieldsOf, openForm, send, textAt } from './admin-settings.ts'
import type { FormAnswer } from './form.ts'

const dayMs = 86_400_000
const site = await startSessionSite(t)
const other = await site.another()
const root = await site.cookieSession('root', ['user', 'admin'])

const put = async (payload: object) =>
  await other.app.inject({ method: 'PUT', url: '/v1/settings', headers: site.first, payload })
const settings = async () => (await site.app.inject({ url: '/v1/settings', headers: site.first })).json()
const status = async ({ headers }: Pick<MintedForTest, 'headers'>) =>
  (await other.app.inject({ url: '/v1/me', headers })).statusCode

/** As if the key had been made so many days earlier. */
async function age({ id }: Pick<MintedForTest, 'id'>, days: number): Promise<void> {
  const name = names.apiKey(id.slice(0, 8), id.slice(8))
  const record = JSON.parse(String(await site.server.command('GET', name)))
  await site.server.command(
    'SET',
    name,
    JSON.stringify({ ...record, c: record.c - days * dayMs }),
    'XX',
    'KEEPTTL',
  )
}

async function expiryOf({ id }: Pick<MintedForTest, 'id'>): Promise<string | null | undefined> {
  const list = await site.app.inject({ url: '/v1/admin/api-keys', headers: site.first })
  return list.json().items.find((item: { id: string }) => item.id === id)?.expiresAt
}

async function jobOf(answer: FormAnswer) {
  const location = String(answer.headers.location)
  t.match(location, /^\/admin\/jobs\/[0-9A-Za-z]+$/)
  const read = async () => (await site.app.inject({ url: `/v1${location}`, headers: site.first })).json()
  await until('the job has ended', async () => (await read()).status === 'ended')
  return await read()
}

const young = await site.mint('ada', 'young')
const old = await site.mint('bob', 'old')
const older = await site.mint('carl', 'older')
await age(old, 40)
await age(older, 100)
await put({ apiKeyLifetimeDays: 7 })
const short = await site.mint('dora', 'short')
await put({ apiKeyLifetimeDays: null })
const keys = [young, old, older, short]

t.test('a preview counts the live keys, those that would outlive it, and those that would end', async (t) => {
  const form = await openForm(site, root)
  const cases: readonly [string, RegExp][] = [
    ['never', /There are 4 live API keys\. Their expiry stays as it is/],
    ['365', /There are 4 live API keys\. 3 keys would outlive this; none of these would end at once\./],
    [
      '90',
      /There are 4 live API keys\. 3 keys would outlive this; 1 of these would end at once, being older already\./,
    ],
    ['30', /There are 4 live API keys\. 3 keys would outlive this; 2 of these would end at once/],
    ['7', /There are 4 live API keys\. 3 keys would outlive this; 2 of these would end at once/],
  ]
  const before = await stateOf(site.server)
  for (const [days, said] of cases) {
    const typed = { apiKeyLifetimeDays: days, siteName: 'Typed', sessionIdleMinutes: '45' }
    const answer = await send(site, root, form, { ...typed, apiKeysAllowed: undefined, intent: 'preview' })
    t.equal(answer.statusCode, 200)
    t.match(textAt(answer, 'preview-says'), said, days)
    t.match(textAt(answer, 'preview-says'), /Nothing is saved yet\.$/)
    const { apiKeysAllowed: _, ...rest } = form
    const offer = days === 'never' ? {} : { previewed: days }
    t.same(fieldsOf(answer), { ...rest, ...typed, ...offer }, 'typed is kept')
    t.equal(answer.body.includes('Also shorten existing keys to this'), days !== 'never')
    t.notMatch(answer.body, /name="clamp"[^>]* checked/, 'never ticked by itself')
  }
  t.same(await stateOf(site.server), before, 'nothing is saved')
})

t.test('the choice to shorten is offered by no page but a preview that found some', async (t) => {
  const form = await openForm(site, root)
  const opened = await send(site, root, form, { apiKeysPerUser: '0' })
  t.notMatch(opened.body, 'name="clamp"')
  t.notOk('clamp' in form || 'previewed' in form)
})

t.test('a shorter policy that is saved without the choice changes no existing key', async (t) => {
  const previewed = await send(site, root, await openForm(site, root), {
    apiKeyLifetimeDays: '30',
    intent: 'preview',
  })
  const saved = await send(site, root, fieldsOf(previewed))
  t.equal(saved.headers.location, '/admin/settings?notice=saved')
  t.match(await settings(), { apiKeyLifetimeDays: 30 })
  for (const key of [young, old, older]) t.equal(await expiryOf(key), null)
  for (const key of keys) t.equal(await status(key), 200)
  t.same(await auditEvents(site.server, 'api-keys.clamped'), [])
  await put({ apiKeyLifetimeDays: null })
})

t.test('with Never there is nothing to shorten to: said at the form, nothing saved', async (t) => {
  const form = { ...(await openForm(site, root)), clamp: 'on', siteName: 'Typed' }
  const before = await stateOf(site.server)
  for (const previewed of ['30', 'never', '']) {
    const answer = await send(site, root, form, { previewed })
    t.equal(answer.statusCode, 409)
    t.match(textAt(answer, 'apiKeyLifetimeDays-problem'), 'there is nothing to shorten existing keys to')
    t.equal(fieldsOf(answer).siteName, 'Typed')
  }
  t.same(await stateOf(site.server), before)
  t.match(site.logged.join(''), '"code":"policy_is_never"')
})

t.test('another time than the one previewed shortens nothing: its own preview comes first', async (t) => {
  const form = { ...(await openForm(site, root)), apiKeyLifetimeDays: '30', siteName: 'Typed', clamp: 'on' }
  const before = await stateOf(site.server)
  for (const previewed of ['90', 'never', '030', '']) {
    const answer = await send(site, root, form, { previewed })
    t.equal(answer.statusCode, 400, previewed)
    t.match(answer.body, 'You chose another time after the preview. Nothing is saved')
    t.match(textAt(answer, 'preview-says'), /3 keys would outlive this; 2 of these would end/)
    t.match(fieldsOf(answer), { previewed: '30', siteName: 'Typed' })
    t.notOk('clamp' in fieldsOf(answer), 'not ticked by itself')
  }
  t.same(await stateOf(site.server), before)
})

t.test('a tick survives a mistake elsewhere, and a second preview of the same time', async (t) => {
  const form = { ...(await openForm(site, root)), apiKeyLifetimeDays: '30', previewed: '30', clamp: 'on' }
  const mistaken = await send(site, root, form, { siteName: '' })
  t.equal(mistaken.statusCode, 400)
  t.match(fieldsOf(mistaken), { clamp: 'on', previewed: '30' })
  t.match(fieldsOf(await send(site, root, form, { intent: 'preview' })), { clamp: 'on', previewed: '30' })
  const longer = fieldsOf(await send(site, root, form, { apiKeyLifetimeDays: '90', intent: 'preview' }))
  t.equal(longer.previewed, '90')
  t.notOk('clamp' in longer, 'for another time it is another choice')
})

t.test('startClamp clamps to the lifetime it was called for, or not at all', async (t) => {
  await put({ apiKeyLifetimeDays: 90 })
  for (const expected of [30, 7, null])
    await t.rejects(startClamp(site.core, testOrigin, expected), { code: 'settings_changed' })
  await put({ apiKeyLifetimeDays: null })
  await t.rejects(startClamp(site.core, testOrigin, 90), { code: 'settings_changed' })
  for (const expected of [null, undefined])
    await t.rejects(startClamp(site.core, testOrigin, expected), { code: 'policy_is_never' })
  t.same(await site.core.stores.jobs.list(), [], 'no job is filed')
  t.same(await auditEvents(site.server, 'api-keys.clamped'), [])
})

t.test('saved with the choice, the settings are saved and a job shortens what is there', async (t) => {
  const previewed = await send(site, root, await openForm(site, root), {
    apiKeyLifetimeDays: '30',
    sessionIdleMinutes: '45',
    intent: 'preview',
  })
  const saved = await send(site, root, fieldsOf(previewed), { clamp: 'on' })
  t.equal(saved.statusCode, 303)
  t.match(await settings(), { apiKeyLifetimeDays: 30, sessionIdleMinutes: 45 })
  t.match(await jobOf(saved), { kind: 'clamp', status: 'ended', done: 3 })
  for (const key of [old, older]) t.equal(await status(key), 401, 'ended, on the other instance, too')
  for (const key of [young, short]) t.equal(await status(key), 200)
  const left = Date.parse((await expiryOf(young)) ?? '') - Date.now()
  t.ok(left > 29 * dayMs && left <= 30 * dayMs)
  t.equal(await expiryOf(short), short.expiresAt, 'what keeps to it already is left alone')
  const [event] = await auditEvents(site.server, 'api-keys.clamped')
  t.match(event, { actor: { kind: 'user', name: 'root' }, details: { lifetimeDays: 30 } })
  t.equal((await auditEvents(site.server, 'api-key.shortened')).length, 3)
})

t.test(
  'whatever others save in between, a job clamps to the time that was seen, or there is none',
  async (t) => {
    const key = await site.mint('eve', 'raced')
    let filed = 0
    for (let round = 0; round < 12; round++) {
      await put({ apiKeyLifetimeDays: null })
      const form = { ...(await openForm(site, root)), apiKeyLifetimeDays: '90', previewed: '90', clamp: 'on' }
      const saving = send(site, root, form)
      // By a service that does not look: one before, one during, one after, as it happens to fall.
      const others = (round === 0 ? [] : [7, 365, 7]).map(
        async (apiKeyLifetimeDays) => await put({ apiKeyLifetimeDays }),
      )
      const answer = await saving
      await Promise.all(others)
      t.ok([303, 412].includes(answer.statusCode), String(answer.statusCode))
      if (answer.statusCode === 303) filed++
    }
    const jobs = (await site.core.stores.jobs.list()).filter(({ lifetimeDays }) => lifetimeDays !== 30)
    t.equal(jobs.length, filed)
    t.ok(filed > 0, 'one at least: nobody saved in between in the first round')
    t.same(
      jobs.filter(({ lifetimeDays }) => lifetimeDays !== 90),
      [],
    )
    t.equal(await status(key), 200)
  },
)

t.test('thousands of keys are counted in full', async (t) => {
  await put({ apiKeyLifetimeDays: null })
  const isOpen = async () => (await site.core.stores.jobs.list()).some(({ endedMs }) => endedMs === null)
  await until('the jobs of the test before have ended', async () => !(await isOpen()))
  await seedApiKeys(site.core, site.server.socketPath, { count: 3_000 })
  const form = await openForm(site, root)
  const answer = await send(site, root, form, { apiKeyLifetimeDays: '365', intent: 'preview' })
  const live = (
    await site.app.inject({ url: '/v1/settings/preview?apiKeyLifetimeDays=365', headers: site.first })
  ).json()
  t.ok(live.live >= 3_000)
  t.match(textAt(answer, 'preview-says'), `There are ${live.live.toLocaleString('en')} live API keys.`)
  t.match(textAt(answer, 'preview-says'), `${live.shortened.toLocaleString('en')} keys would outlive this`)
})
