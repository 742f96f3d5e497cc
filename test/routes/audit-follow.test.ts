import t from 'tap'
import { followAuditLog } from '../../domain/audit-follow.ts'
import type { AuditEvent } from '../../schemas/audit.ts'
import { callsOf, plantCrowd } from '../support/audit-events.ts'
import { askAudit, readPages } from '../support/audit-requests.ts'
import { follow } from '../support/follower.ts'
import { startSite } from '../support/site.ts'
import { until } from '../support/until.ts'

const ids = (events: readonly AuditEvent[]): string[] => events.map(({ id }) => id)

t.test('a follower sees what is done on another instance, and nothing from before', async (t) => {
  const site = await startSite(t)
  await site.mint('earlier@example.org')
  const other = await site.another()
  const follower = await follow(t, await other.listen(), site.first)
  t.equal(follower.status, 200)
  t.match(follower.headers, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    'transfer-encoding': 'chunked',
  })
  t.equal(follower.signs, 1, 'an empty line says that it has begun')
  const key = await site.mint('ada@example.org')
  await until('both events came', () => follower.events.length >= 2)
  t.match(follower.events, [
    { action: 'user.created', subject: 'ada@example.org' },
    { action: 'api-key.minted', subject: 'ada@example.org', details: { id: key.id } },
  ])
  const listed = (await askAudit(site, { limit: 2 })).json().items
  t.strictSame(follower.events, listed.reverse(), 'the same as in the list')
})

t.test(
  'beginning in the past, a follower gets every event once and in order, those that arrive meanwhile too',
  async (t) => {
    const site = await startSite(t)
    await plantCrowd(site.server, { count: 1_500, firstMs: 1_700_000_000_000, perMs: 4 })
    const address = await site.listen()
    const followers = await Promise.all(
      ['2023-11-14T22:13:20.100Z', '1970-01-01T00:00:00Z'].map(
        async (from) => await follow(t, address, site.first, { from }),
      ),
    )
    for (let round = 0; round < 40; round++) await plantCrowd(site.server, { count: 50 })
    const all = (await readPages(site, { order: 'asc', limit: 500 })).flat()
    const expected = [all.filter(({ at }) => at >= '2023-11-14T22:13:20.100Z'), all]
    t.equal(all.length - (expected[0]?.length ?? 0), 400)
    for (const [index, follower] of followers.entries()) {
      const awaited = expected[index] ?? []
      await until('all events came', () => follower.events.length >= awaited.length)
      t.same(ids(follower.events), ids(awaited))
    }
  },
)

t.test('a follower may begin in the future and filter', async (t) => {
  const site = await startSite(t)
  const address = await site.listen()
  const filtered = await follow(t, address, site.first, { action: 'api-key', subject: 'ada@example.org' })
  const inTheFuture = await follow(t, address, site.first, { from: '2999-01-01T00:00:00Z' })
  const everything = await follow(t, address, site.first)
  await site.mint('bob@example.org')
  await site.mint('ada@example.org')
  await until('the last one came', () => filtered.events.length > 0 && everything.events.length === 4)
  t.match(filtered.events, [{ action: 'api-key.minted', subject: 'ada@example.org' }])
  t.equal(filtered.events.length, 1)
  t.same(inTheFuture.events, [])
})

t.test('silence is filled with signs of life', async (t) => {
  const site = await startSite(t)
  const filter = { actor: 'nobody', subject: null, action: null, fromMs: null, beforeMs: null }
  const gone = new AbortController()
  const options = {
    filter,
    gone: gone.signal,
    mayGoOn: async () => true,
    pollEveryMs: 5,
    heartbeatEveryMs: 20,
  }
  const seen: unknown[] = []
  for await (const entry of followAuditLog(site.core, options)) {
    seen.push(entry)
    if (seen.length === 2) await site.mint()
    if (seen.length === 4) gone.abort()
  }
  t.same(seen, [null, null, null, null])
  t.ok((await callsOf(site.server, 'xread')) > 3, 'it looks more often than it gives a sign')
})
