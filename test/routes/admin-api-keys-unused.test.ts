// Keys that nobody uses: the filter `unusedSince`, the order of last uses, and counts that agree with the lists.

import t from 'tap'
import { countApiKeys, countQuickly, findOwners } from '../../domain/api-key-count.ts'
import { type ApiKeyFilter, everyApiKey } from '../../domain/api-key-filter.ts'
import { type KeyToPlant, type PlantedKey, plantKeys } from '../support/planted-keys.ts'
import { seedApiKeys } from '../support/seed.ts'
import { startSite, type TestSite } from '../support/site.ts'
import { send } from './evidence.ts'

type Query = Readonly<Record<string, string>>

const dayMs = 86_400_000
const time = (ms: number): string => new Date(ms).toISOString()

interface Page {
  readonly items: readonly { readonly id: string }[]
  readonly nextCursor: string | null
}

/** All pages. @returns public ids, in their order */
async function listed(site: TestSite, query: Query): Promise<readonly string[]> {
  const ids: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const place: Query = cursor === '' ? query : { ...query, cursor }
    const answer = await site.app.inject({ url: '/v1/admin/api-keys', query: place, headers: site.first })
    if (answer.statusCode !== 200) throw new Error(answer.body)
    const page: Page = answer.json()
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  }
  return ids
}

async function counted(site: TestSite, query: Query): Promise<number> {
  const answer = await site.app.inject({ url: '/v1/admin/api-keys/count', query, headers: site.first })
  return answer.json().count
}

/** What the order of last uses is by: those never used first, by creation; then by use; equals by id. */
function inOrderOfUse(keys: readonly PlantedKey[]): readonly string[] {
  const place = ({ createdMs, usedMs }: PlantedKey): number => usedMs ?? createdMs - 1e13
  const sorted = keys.toSorted((left, right) => place(left) - place(right) || (left.id < right.id ? -1 : 1))
  return sorted.map(({ id }) => id)
}

/** A few times, so that many keys share one, over 400 days. */
function randomKeys(count: number, nowMs: number): readonly KeyToPlant[] {
  const below = (limit: number): number => Math.floor(Math.random() * limit)
  return Array.from({ length: count }, () => {
    const age = 1 + below(12)
    const createdMs = nowMs - age * 30 * dayMs
    const expiresMs = nowMs + (1 + below(6)) * 30 * dayMs
    return {
      user: `user-${below(15)}@example.org`,
      createdMs,
      ...(below(2) === 0 ? {} : { expiresMs }),
      ...(below(3) === 0 ? {} : { usedMs: createdMs + below(age + 1) * 30 * dayMs }),
    }
  })
}

t.test(
  'unusedSince by last use: never used first, then the longest unused; on pages of every size',
  async (t) => {
    const site = await startSite(t)
    const nowMs = Date.now()
    const keys = await plantKeys(site.core, site.server, randomKeys(24, nowMs))
    for (const since of [nowMs - 400 * dayMs, nowMs - 200 * dayMs, nowMs - 60 * dayMs, nowMs]) {
      const unused = inOrderOfUse(keys.filter(({ createdMs, usedMs }) => (usedMs ?? createdMs) <= since))
      const query = { unusedSince: time(since), sort: 'lastUsedAt' }
      for (const limit of [...Array.from({ length: 25 }, (_, index) => index + 1), 200].map(String)) {
        const note = `${unused.length} unused since ${query.unusedSince}, ${limit} a page`
        t.same(await listed(site, { ...query, limit, order: 'asc' }), unused, note)
        t.same(await listed(site, { ...query, limit, order: 'desc' }), unused.toReversed(), note)
      }
      const newest = await listed(site, { unusedSince: query.unusedSince })
      t.same(newest.toSorted(), unused.toSorted(), 'by any other order the same keys')
    }
    const neverUsed = inOrderOfUse(keys.filter(({ usedMs }) => usedMs === undefined))
    for (const limit of ['1', '3', '200'])
      t.same(await listed(site, { neverUsed: 'true', sort: 'lastUsedAt', order: 'asc', limit }), neverUsed)
  },
)

t.test('a key leaves the unused ones with its first use, and a use only ever moves it forward', async (t) => {
  const site = await startSite(t)
  const key = await site.mint()
  const before = { unusedSince: time(Date.now() - 60_000), sort: 'lastUsedAt' }
  const now = { ...before, unusedSince: time(Date.now() + 60_000) }
  t.same(await listed(site, { ...now, neverUsed: 'true' }), [key.id])
  t.same(await listed(site, before), [], 'never used counts by its creation')
  await send(site, 'GET /v1/me', key.headers)
  await site.lastUsed.flush()
  t.same(await listed(site, { ...now, neverUsed: 'true' }), [])
  t.equal(await counted(site, { neverUsed: 'true' }), 0)
  t.same(await listed(site, now), [key.id])
  const { lastUsedAt } = (await send(site, `GET /v1/admin/api-keys/${key.id}`, site.first)).json()
  t.type(lastUsedAt, 'string')
  site.lastUsed.note(key.id, Date.now() - 10 * dayMs)
  await site.lastUsed.flush()
  t.same(await listed(site, before), [], 'an older note does not make it unused')
  t.equal((await send(site, `GET /v1/admin/api-keys/${key.id}`, site.first)).json().lastUsedAt, lastUsedAt)
})

t.test(
  'whatever the filter, the count is the length of the list, and the quick count is no more',
  async (t) => {
    const site = await startSite(t)
    const nowMs = Date.now()
    const keys = await plantKeys(site.core, site.server, randomKeys(260, nowMs))
    const ago = (days: number): string => time(nowMs - days * dayMs)
    const queries: readonly Query[] = [
      {},
      { user: 'USER-3@example.org' },
      { user: 'nobody@example.org' },
      { userBeginning: 'user-1' },
      { createdAfter: ago(180) },
      { createdBefore: ago(180) },
      { createdAfter: ago(240), createdBefore: ago(120) },
      { createdAfter: ago(120), createdBefore: ago(240) },
      { expiresAfter: ago(-60) },
      { expiresBefore: ago(-60) },
      { expiresAfter: ago(-60), expiresBefore: ago(-90) },
      { expiresBefore: ago(1) },
      { neverExpires: 'true' },
      { neverExpires: 'true', expiresBefore: ago(-60) },
      { neverUsed: 'true' },
      { unusedSince: ago(90) },
      { unusedSince: ago(0), neverUsed: 'true' },
      { unusedSince: ago(210), neverUsed: 'true' },
      { unusedSince: '1969-01-01T00:00:00Z' },
      { neverUsed: 'true', createdAfter: ago(180) },
      { neverUsed: 'false', neverExpires: 'false' },
      { unusedSince: ago(90), expiresBefore: ago(-90) },
    ]
    for (const query of queries) {
      const note = JSON.stringify(query)
      const length = (await listed(site, { ...query, limit: '200' })).length
      t.equal(await counted(site, query), length, `${note}: ${length}`)
    }
    const filters: readonly (readonly [Partial<ApiKeyFilter>, (key: PlantedKey) => boolean])[] = [
      [{}, () => true],
      [{ isNeverUsed: true }, ({ usedMs }) => usedMs === undefined],
      [{ unusedSinceMs: nowMs - 90 * dayMs }, (key) => (key.usedMs ?? key.createdMs) <= nowMs - 90 * dayMs],
      [{ createdToMs: nowMs - 90 * dayMs }, ({ createdMs }) => createdMs <= nowMs - 90 * dayMs],
      [{ expiresFromMs: Number.POSITIVE_INFINITY }, ({ expiresMs }) => expiresMs === undefined],
      [{ user: 'user-3@example.org' }, ({ user }) => user === 'user-3@example.org'],
      [{ userBeginning: 'user-1' }, ({ user }) => user.startsWith('user-1')],
      [{ userBeginning: 'user-' }, () => true],
    ]
    for (const [asked, matches] of filters) {
      const filter = { ...everyApiKey, ...asked }
      const matching = keys.filter(matches)
      const note = `${JSON.stringify(asked)}: ${matching.length}`
      t.equal(await countApiKeys(site.core, filter), matching.length, note)
      const isWalkedFor = 'userBeginning' in asked && matching.length > 200
      const quick = isWalkedFor ? { count: 200, isExact: false } : { count: matching.length, isExact: true }
      t.same(await countQuickly(site.core, filter), quick, note)
      const owners = await findOwners(site.core, filter, 3)
      const byUser = Map.groupBy(matching, ({ user }) => user)
      const counts = [...byUser.values()].map(({ length }) => length).toSorted((left, right) => right - left)
      t.same(
        { count: owners.count, users: owners.users },
        { count: matching.length, users: byUser.size },
        note,
      )
      t.same(
        owners.most.map(([, count]) => count),
        counts.slice(0, 3),
        'who has most comes first',
      )
      t.ok(owners.most.every(([user, count]) => byUser.get(user)?.length === count))
    }
  },
)

t.test('a quick count looks at 200 matches at most, and says whether there are more', async (t) => {
  const site = await startSite(t)
  await seedApiKeys(site.core, site.server.socketPath, { count: 200 })
  const filter = { ...everyApiKey, userBeginning: 'seeded-' }
  t.same(await countQuickly(site.core, filter), { count: 200, isExact: true })
  await seedApiKeys(site.core, site.server.socketPath, { count: 3_000 })
  t.same(await countQuickly(site.core, filter), { count: 200, isExact: false })
  t.same(await countQuickly(site.core, { ...everyApiKey, isNeverUsed: true }), {
    count: 3_200,
    isExact: true,
  })
  // What is looked at is bounded, too: here thousands are met, and none matches.
  const unmatched = { ...everyApiKey, isNeverUsed: true, expiresToMs: Number.MAX_SAFE_INTEGER }
  t.same(await countQuickly(site.core, unmatched), { count: 0, isExact: false })
  t.equal(await countApiKeys(site.core, unmatched), 0)
})

t.test(
  'keys that a revocation of all ended are in no list at once, and in no count once they are removed',
  async (t) => {
    const site = await startSite(t)
    const nowMs = Date.now()
    await plantKeys(site.core, site.server, randomKeys(60, nowMs))
    const queries: readonly Query[] = [
      { unusedSince: time(nowMs), sort: 'lastUsedAt', order: 'asc' },
      { neverUsed: 'true', sort: 'lastUsedAt' },
      { sort: 'createdAt' },
      { sort: 'expiresAt' },
      { sort: 'user' },
      { user: 'user-3@example.org' },
    ]
    for (const revocation of [{ user: 'user-3@example.org' }, { all: true, site: 'Latchkey' }]) {
      const before = await listed(site, {})
      const revoked = await send(site, 'POST /v1/admin/api-keys/revoke', site.first, revocation)
      t.equal(revoked.statusCode, 200)
      const fresh = await site.mint('user-3@example.org')
      const living = new Set(await listed(site, {}))
      t.ok(living.has(fresh.id) && living.size < before.length + 1)
      for (const query of queries) {
        const ids = await listed(site, { ...query, limit: '7' })
        t.ok(
          ids.every((id) => living.has(id)),
          JSON.stringify(query),
        )
      }
      t.same(await listed(site, { user: 'user-3@example.org' }), [fresh.id])
      // Whoever lists removes what is dead, and the count is right then.
      for (const [sort, filter] of [
        ['createdAt', {}],
        ['lastUsedAt', { unusedSince: time(Date.now()) }],
        ['expiresAt', { expiresAfter: time(nowMs) }],
      ] as const) {
        const { length } = await listed(site, { ...filter, sort })
        t.equal(await counted(site, filter), length, sort)
      }
    }
  },
)
