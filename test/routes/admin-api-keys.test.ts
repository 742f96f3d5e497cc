// The list of all API keys: filters, sorts, paging, CSV, counts.

import t from 'tap'
import { basic, startSite, type TestSite } from '../support/site.ts'

interface Page {
  readonly items: readonly {
    readonly id: string
    readonly user: string
    readonly createdAt: string
    readonly expiresAt: string | null
  }[]
  readonly nextCursor: string | null
}

async function page(site: TestSite, query: Readonly<Record<string, string>>): Promise<Page> {
  const answer = await site.app.inject({ url: '/v1/admin/api-keys', query, headers: site.first })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json()
}

async function allPages(site: TestSite, query: Readonly<Record<string, string>>): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const next: Page = await page(site, cursor === '' ? query : { ...query, cursor })
    ids.push(...next.items.map(({ id }) => id))
    cursor = next.nextCursor
  }
  return ids
}

async function setLifetime(site: TestSite, days: number | null): Promise<void> {
  await site.app.inject({
    method: 'PUT',
    url: '/v1/settings',
    headers: site.first,
    payload: { apiKeyLifetimeDays: days },
  })
}

t.test('every filter and sort shows the keys it should, in its order, on pages of any size', async (t) => {
  const site = await startSite(t)
  const never = [await site.mint('ada@example.org', 'a'), await site.mint('bob@example.org', 'b')]
  await setLifetime(site, 90)
  const ninety = [await site.mint('ada@example.org', 'c'), await site.mint('cy@example.org', 'd')]
  await setLifetime(site, 7)
  const seven = [await site.mint('adam@example.org', 'e')]
  const used = ninety[0]?.id ?? ''
  await site.app.inject({ url: '/v1/me', headers: ninety[0]?.headers ?? {} })
  await site.lastUsed.flush()
  const minted = [...never, ...ninety, ...seven].map(({ id }) => id)
  const [ada, bob, ada90, cy, adam] = minted

  for (const limit of ['1', '2', '200']) {
    const ids = async (query: Readonly<Record<string, string>>) => await allPages(site, { ...query, limit })
    t.same(await ids({}), minted.toReversed(), 'newest first')
    t.same(await ids({ order: 'asc' }), minted)
    const byExpiry = await ids({ sort: 'expiresAt', order: 'asc' })
    t.same(byExpiry.slice(0, 3), [adam, ada90, cy])
    t.same(byExpiry.slice(3).toSorted(), [ada, bob].toSorted(), 'never expires last')
    t.same((await ids({ sort: 'user', order: 'asc' })).slice(2), [adam, bob, cy])
    t.same((await ids({ sort: 'user', order: 'desc' })).slice(0, 3), [cy, bob, adam])
    t.equal((await ids({ sort: 'lastUsedAt' }))[0], used)
    t.equal((await ids({ sort: 'lastUsedAt', order: 'asc' })).at(-1), used)
    t.equal((await ids({ sort: 'lastUsedAt' })).length, minted.length, 'each once')
    t.same((await ids({ user: 'ADA@example.org' })).toSorted(), [ada, ada90].toSorted())
    t.same(await ids({ user: 'ada@example.org', sort: 'expiresAt', order: 'asc' }), [ada90, ada])
    t.same(await ids({ userBeginning: 'Ada', sort: 'user', order: 'desc' }), [
      adam,
      ...[ada, ada90].toSorted().toReversed(),
    ])
    t.same((await ids({ userBeginning: 'ada' })).toSorted(), [ada, ada90, adam].toSorted())
    t.same(await ids({ neverExpires: 'true' }), [bob, ada])
    t.same(await ids({ neverUsed: 'true', order: 'asc' }), [ada, bob, cy, adam])
    t.same(await ids({ user: 'nobody@example.org' }), [])
    const weekAhead = new Date(Date.now() + 8 * 86_400_000).toISOString()
    t.same(await ids({ expiresBefore: weekAhead }), [adam])
    t.same(await ids({ expiresBefore: weekAhead, sort: 'expiresAt' }), [adam])
    t.same(await ids({ createdBefore: '2020-01-01T00:00:00Z' }), [])
  }
})

t.test('a count agrees with the list, with and without filters', async (t) => {
  const site = await startSite(t)
  for (const user of ['ada', 'ada', 'bob']) await site.mint(`${user}@example.org`)
  const count = async (query: Record<string, string>) =>
    (await site.app.inject({ url: '/v1/admin/api-keys/count', query, headers: site.first })).json()
  t.same(await count({}), { count: 3 })
  t.same(await count({ user: 'ada@example.org' }), { count: 2 })
  t.same(await count({ userBeginning: 'b' }), { count: 1 })
  t.same(await count({ neverUsed: 'true' }), { count: 3 })
})

t.test(
  'a walk through all pages meets every key that lived throughout exactly once, while others come and go',
  async (t) => {
    const site = await startSite(t)
    const users = Array.from({ length: 32 }, (_, index) => `user${index}@example.org`)
    const steady: string[] = []
    for (const user of users) for (let count = 0; count < 3; count++) steady.push((await site.mint(user)).id)
    for (const query of [
      { order: 'desc' },
      { order: 'asc' },
      { sort: 'user' },
      { sort: 'expiresAt' },
      { sort: 'lastUsedAt' },
    ]) {
      let isWalking = true
      let changes = 0
      const churn = users.map(async (user) => {
        while (isWalking) {
          const { id } = await site.mint(user)
          await site.app.inject({ method: 'DELETE', url: `/v1/admin/api-keys/${id}`, headers: site.first })
          changes++
        }
      })
      const seen = await allPages(site, { ...query, limit: '7' })
      isWalking = false
      await Promise.all(churn)
      const ofSteady = seen.filter((id) => steady.includes(id))
      t.same(
        ofSteady.toSorted(),
        steady.toSorted(),
        `${JSON.stringify(query)} while ${changes} changes were made`,
      )
      t.ok(changes > 0)
    }
  },
)

t.test('a bad query is 400 and says what is wrong', async (t) => {
  const site = await startSite(t)
  await site.mint()
  await site.mint()
  const { nextCursor } = await page(site, { limit: '1' })
  const corpus: readonly [Readonly<Record<string, string>>, string][] = [
    [{ sort: 'secret' }, 'request_invalid'],
    [{ limit: '0' }, 'request_invalid'],
    [{ limit: '201' }, 'request_invalid'],
    [{ createdAfter: 'yesterday' }, 'request_invalid'],
    [{ unknown: '1' }, 'request_invalid'],
    [{ cursor: 'AAAA' }, 'cursor_invalid'],
    [{ cursor: `${nextCursor}x` }, 'cursor_invalid'],
    [{ cursor: nextCursor ?? '', order: 'asc' }, 'cursor_invalid'],
    [{ cursor: nextCursor ?? '', user: 'ada@example.org' }, 'cursor_invalid'],
  ]
  for (const [query, code] of corpus) {
    const answer = await site.app.inject({ url: '/v1/admin/api-keys', query, headers: site.first })
    t.equal(answer.statusCode, 400, JSON.stringify(query))
    t.equal(answer.json().code, code, JSON.stringify(query))
  }
})

t.test('only administrators and services with admin or revoke see the list', async (t) => {
  const site = await startSite(t)
  const key = await site.mint()
  const status = async (headers: Record<string, string>) =>
    (await site.app.inject({ url: '/v1/admin/api-keys', headers })).statusCode
  t.equal(await status({ ...key.headers }), 403)
  await site.app.inject({
    method: 'PATCH',
    url: '/v1/admin/users/ada@example.org',
    headers: site.first,
    payload: { roles: ['user', 'admin'] },
  })
  t.equal(await status({ ...key.headers }), 200)
  const added = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/services',
    headers: site.first,
    payload: { name: 'gateway', permissions: ['verify', 'mint', 'sessions'] },
  })
  t.equal(await status({ ...basic('gateway', added.json().secret) }), 403)
})

t.test('threat 6: the CSV holds every key, and no cell that a spreadsheet would calculate', async (t) => {
  const site = await startSite(t)
  const payloads = [
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\tx',
    '\rx',
    'a"b',
    'a,b',
    'a\nb',
    '<img src=x onerror=alert(1)>',
  ]
  for (const payload of payloads) await site.mint('ada@example.org', payload)
  const answer = await site.app.inject({
    url: '/v1/admin/api-keys',
    query: { order: 'asc' },
    headers: { ...site.first, accept: 'text/csv' },
  })
  t.equal(answer.statusCode, 200)
  t.match(answer.headers['content-type'], /^text\/csv/)
  t.match(answer.headers['content-disposition'], /attachment; filename="api-keys\.csv"/)
  const [header] = answer.body.split('\r\n')
  t.equal(header, '"id","number","user","description","createdAt","expiresAt","lastUsedAt"')
  t.notMatch(answer.body, /(?:^|[,\n])"[=+\-@\t\r]/)
  for (const payload of payloads) t.match(answer.body, payload.replaceAll('"', '""').slice(1))
  t.notMatch(answer.body, 'lka_')
})
