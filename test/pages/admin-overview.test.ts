// The overview: numbers of keys, against keys that were minted, seeded and made old; who may see it; the state of the site.

import t, { type Test } from 'tap'
import { idLength } from '../../domain/credential.ts'
import { newJob } from '../../domain/new-job.ts'
import { openSite } from '../../domain/site.ts'
import { placeOfNeverUsed } from '../../store/key-index.ts'
import { names, shardOf } from '../../store/names.ts'
import { seedApiKeys } from '../support/seed.ts'
import { startSessionSite, testOrigin } from '../support/session-site.ts'
import { startInstance } from '../support/site.ts'
import { attention, captions, numberOf, tableRows } from './admin-overview.ts'

const site = await startSessionSite(t)
const root = await site.cookieSession('root', ['user', 'admin'])
const { cookie } = root.headers
const dayMs = 86_400_000

async function overview(): Promise<string> {
  const answer = await site.app.inject({ url: '/admin', headers: { cookie } })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.body
}

async function settings(payload: object): Promise<void> {
  const url = '/v1/settings'
  const answer = await site.app.inject({ method: 'PUT', url, headers: site.first, payload })
  if (answer.statusCode !== 200) throw new Error(answer.body)
}

/** Mints keys under a policy. @returns their expiries */
async function mint(apiKeyLifetimeDays: number | null, count: number): Promise<readonly string[]> {
  await settings({ apiKeyLifetimeDays })
  const expiries: string[] = []
  for (let minted = 0; minted < count; minted++)
    expiries.push((await site.mint(`owner-${minted}`)).expiresAt ?? 'never')
  return expiries
}

/** Makes a key older than it is; used last so many days ago (null: never). */
async function makeOld(id: string, days: number, usedDays: number | null): Promise<void> {
  const created = Date.now() - days * dayMs
  const [user, key] = [id.slice(0, idLength), id.slice(idLength)]
  const name = names.apiKey(user, key)
  const record = JSON.parse(String(await site.server.command('GET', name)))
  const used = usedDays === null ? placeOfNeverUsed(created) : Date.now() - usedDays * dayMs
  await site.server.command('SET', name, JSON.stringify({ ...record, c: created }), 'KEEPTTL')
  await site.server.command('ZADD', names.allApiKeys(shardOf(user)), created, id)
  await site.server.command('ZADD', names.lastUsed(shardOf(user)), used, id)
}

async function count(query: string): Promise<number> {
  const answer = await site.app.inject({ url: `/v1/admin/api-keys/count?${query}`, headers: site.first })
  return answer.json().count
}

/** Every number on the page says the same as the API does. */
async function assertSameAsApi(t: Test, body: string): Promise<void> {
  const now = Date.now()
  const at = (days: number): string => new Date(now + days * dayMs).toISOString()
  const numberAt = (title: string): number => {
    const text = attention(body, title)
    return text === 'None.' ? 0 : numberOf(text)
  }
  t.equal(numberAt('Keys that never expire'), await count('neverExpires=true'))
  t.equal(numberAt('Keys not used for 90 days'), await count(`unusedSince=${at(-90)}`))
  t.equal(numberAt('Keys expiring this week'), await count(`expiresAfter=${at(0)}&expiresBefore=${at(7)}`))
}

t.test('a new site says calmly that there is nothing', async (t) => {
  const body = await overview()
  const items = ['Keys that never expire', 'Keys not used for 90 days', 'Keys expiring this week']
  for (const title of [...items, 'Refused credentials']) t.equal(attention(body, title), 'None.')
  t.match(body, 'No verifications in these 30 days yet.')
  t.match(body, 'No live API keys')
  t.notMatch(body, /href="\/admin\/keys\?|id="refused"|Under way/)
  t.equal([...body.matchAll(/<svg role="img"/g)].length, 2, 'the axes are drawn all the same')
  const rows = [
    ...tableRows(body, captions.expiries).values(),
    ...tableRows(body, captions.verifications).values(),
  ]
  t.equal(rows.length, 14 + 30)
  t.ok(rows.every((cells) => cells[0] === '0'))
})

t.test('keys are counted by what is the matter with them, and by the month they expire in', async (t) => {
  const expected = new Map<string, number>()
  const monthFormat = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' })
  const rowNames = [...tableRows(await overview(), captions.expiries).keys()]
  t.strictSame([rowNames[0], ...rowNames.slice(12)], [monthFormat.format(Date.now()), 'Later', 'Never'])
  for (const [days, keys] of [
    [7, 3],
    [30, 2],
    [90, 4],
    [180, 1],
    [365, 5],
    [null, 6],
  ] as const) {
    for (const expiry of await mint(days, keys)) {
      const month = expiry === 'never' ? 'Never' : monthFormat.format(Date.parse(expiry))
      const row = rowNames.includes(month) ? month : 'Later'
      expected.set(row, (expected.get(row) ?? 0) + 1)
    }
  }
  await seedApiKeys(site.core, site.server.socketPath, { count: 1_500 })
  expected.set('Never', 1_506)

  const [usedLately, usedLongAgo, neverUsed, young] = await Promise.all([
    site.mint('a'),
    site.mint('b'),
    site.mint('c'),
    site.mint('d'),
  ])
  expected.set('Never', 1_510)
  await makeOld(usedLately.id, 200, 89)
  await makeOld(usedLongAgo.id, 200, 91)
  await makeOld(neverUsed.id, 91, null)
  await makeOld(young.id, 89, null)

  const body = await overview()
  t.equal(attention(body, 'Keys that never expire'), '1,510')
  t.equal(attention(body, 'Keys not used for 90 days'), '2')
  t.equal(attention(body, 'Keys expiring this week'), '3')
  t.match(body, '<a href="/admin/keys">1,525 live API keys</a>')
  for (const [query, listed] of [
    ['expires=never', '50 of 1,510 keys'],
    ['unused=90', '2 keys'],
    ['expires=week', '3 keys'],
  ] as const) {
    t.match(body, `href="/admin/keys?${query}"`)
    const list = await site.app.inject({ url: `/admin/keys?${query}`, headers: { cookie } })
    t.match(list.body, `<p class="muted">${listed} `, 'the link leads to exactly these')
  }
  const rows = tableRows(body, captions.expiries)
  t.strictSame(
    [...rows].map(([name, [cell]]) => [name, numberOf(cell)]),
    rowNames.map((name) => [name, expected.get(name) ?? 0]),
  )
  for (const [name, keys] of expected)
    t.match(body, `<title>${name}: ${keys.toLocaleString('en')} ${keys === 1 ? 'key' : 'keys'}</title>`)
  await assertSameAsApi(t, body)
})

t.test('a revoked key is counted no more', async (t) => {
  await settings({ apiKeyLifetimeDays: 7 })
  const key = await site.mint('short')
  t.equal(attention(await overview(), 'Keys expiring this week'), '4')
  await site.app.inject({ method: 'DELETE', url: `/v1/admin/api-keys/${key.id}`, headers: site.first })
  const body = await overview()
  t.equal(attention(body, 'Keys expiring this week'), '3')
  await assertSameAsApi(t, body)
})

t.test('what it costs does not depend on the number of keys', async (t) => {
  const statistic = async (section: string, pattern: RegExp): Promise<number> =>
    Number(pattern.exec(String(await site.server.command('INFO', section)))?.[1] ?? 0)
  const costOfOne = async (): Promise<{ counted: number; read: number }> => {
    await site.server.command('CONFIG', 'RESETSTAT')
    await overview()
    const counted = await statistic('commandstats', /cmdstat_zcount:calls=(\d+)/)
    return { counted, read: await statistic('stats', /keyspace_hits:(\d+)/) }
  }
  const before = await costOfOne()
  await seedApiKeys(site.core, site.server.socketPath, { count: 3_000 })
  const after = await costOfOne()
  t.ok(before.counted > 0)
  t.equal(after.counted, before.counted)
  t.ok(after.read < 2_000, 'no key is read')
})

t.test('it says whether keys may be created and how long they live', async (t) => {
  for (const [change, said] of [
    [{ apiKeysAllowed: true, apiKeyLifetimeDays: 90 }, 'Users may create keys, which live 90 days at most.'],
    [{ apiKeyLifetimeDays: null }, 'Users may create keys, which never expire unless the user chooses so.'],
    [{ apiKeysAllowed: false }, 'existing keys keep working; a new key would never expire.'],
    [{ apiKeyLifetimeDays: 7 }, 'existing keys keep working; a new key would live 7 days at most.'],
  ] as const) {
    await settings(change)
    t.match(await overview(), said)
  }
  const body = await overview()
  for (const path of ['/admin/users#invite', '/admin/settings', '/admin/audit'])
    t.match(body, `href="${path}"`)
})

t.test('work that is going on is shown with how far it is, and ended work is not', async (t) => {
  const ended = {
    ...newJob({ kind: 'revoke', user: null, total: 9, origin: testOrigin }, Date.now()),
    endedMs: 1,
  }
  const order = { kind: 'clamp', user: null, lifetimeDays: 90, total: 2_000, origin: testOrigin } as const
  const job = { ...newJob(order, Date.now()), examined: 700 }
  // Held by another worker, so that it stays as it is.
  t.ok(await site.core.stores.jobs.take(job.id, 'elsewhere'))
  for (const each of [ended, job]) await site.core.stores.jobs.file(each, null)
  const body = await overview()
  t.match(body, 'Under way')
  t.match(body, `href="/admin/jobs/${job.id}"`)
  t.match(body, /<progress value="700" max="2000"/)
  t.notMatch(body, ended.id)
})

t.test('nobody but an administrator sees it', async (t) => {
  await settings({ apiKeysAllowed: true })
  const user = await site.cookieSession('plain')
  const key = await site.mint('plain')
  for (const [headers, code] of [
    [{ cookie: user.headers.cookie }, 'role_missing'],
    [key.headers, 'credential_not_accepted'],
    [site.first, 'user_credential_needed'],
  ] as const) {
    const answer = await site.app.inject({ url: '/admin', headers })
    t.equal(answer.statusCode, 403)
    t.match(answer.body, `<code>${code}</code>`)
    t.notMatch(answer.body, 'Needs attention')
  }
  const visitor = await site.app.inject({ url: '/admin' })
  t.equal(visitor.statusCode, 303)
  t.equal(visitor.headers.location, '/sign-in?to=%2Fadmin')
})

t.test('nothing in it needs a style of its own, which the policy of the page would block', async (t) => {
  const { body, headers } = await site.app.inject({ url: '/admin', headers: { cookie } })
  t.match(headers['content-security-policy'], "style-src 'self';")
  t.notMatch(body, /\sstyle=|<style/)
})

t.test('without an answer from Redis it is the page that says so', async (t) => {
  const redis = { readDeadlineMs: 1_000, writeDeadlineMs: 1_000 }
  const hasty = await startInstance(t, { url: site.server.url, redis })
  await new Promise<void>((resolve) => hasty.redis.onReady(resolve))
  await openSite(hasty.core)
  await hasty.app.ready()
  site.server.pause()
  t.teardown(() => site.server.resume())
  const answer = await hasty.app.inject({ url: '/admin', headers: { cookie } })
  t.equal(answer.statusCode, 503)
  t.match(answer.body, '<h1>No answer from Redis</h1>')
  t.match(answer.body, '<code>redis_unavailable</code>')
  t.equal(answer.headers['retry-after'], '1')
})
