import t, { type Test } from 'tap'
import { foldUserName } from '../../domain/users.ts'
import { startSite, type TestSite } from '../support/site.ts'
import { numberedNames, seedUsers } from '../support/users.ts'
import { assertProblem, auditEvents, type Headers, send, stateOf } from './evidence.ts'

interface Listed {
  readonly id: string
  readonly name: string
  readonly apiKeys: number
}

/** All pages, one after the other. */
async function walk(
  site: Pick<TestSite, 'app' | 'first'>,
  query: string,
  betweenPages: (page: number) => Promise<void> = async () => {},
): Promise<readonly Listed[]> {
  const items: Listed[] = []
  let cursor = ''
  for (let page = 1; ; page++) {
    const answer = await send(site, `GET /v1/admin/users?${query}${cursor}`, site.first)
    const body: { items: Listed[]; nextCursor: string | null } = answer.json()
    items.push(...body.items)
    if (body.nextCursor === null) return items
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`
    await betweenPages(page)
  }
}

// One site for the tests that are about users of their own; those about the whole list start another.
const site = await startSite(t)

const namesOf = (items: readonly Listed[]): readonly string[] => items.map(({ name }) => name)
const byBytes = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right))

t.test(
  'users are listed in order of the folded name, on pages of any size, with the number of their keys',
  async (t) => {
    const site = await startSite(t)
    // In UTF-16 the face sorts before the ideograph; in bytes, which Redis sorts by, after it.
    const names = [
      'Zoë',
      'ada@example.org',
      'Bob',
      'Ada',
      'ADAM',
      '\u{1f600}',
      '\ufa0e',
      'ada b',
      'Straße',
      'Émile',
    ]
    await seedUsers(site.server, names)
    await site.mint('Ada')
    await site.mint('ADA')
    const expected = names.toSorted((left, right) => byBytes(foldUserName(left), foldUserName(right)))

    for (const limit of [1, 3, 10, 200]) {
      const items = await walk(site, `limit=${limit}`)
      t.same(namesOf(items), expected, `pages of ${limit}`)
      t.same(items.find(({ name }) => name === 'Ada')?.apiKeys, 2)
      t.same(items.find(({ name }) => name === 'Bob')?.apiKeys, 0)
    }
    const { items } = (await send(site, 'GET /v1/admin/users', site.first)).json()
    t.same(Object.keys(items[0]), ['id', 'name', 'roles', 'groups', 'disabled', 'createdAt', 'apiKeys'])
    t.match(items[0], { name: 'Ada', roles: ['user'], groups: [], disabled: false, apiKeys: 2 })

    t.same(namesOf(await walk(site, 'limit=2&beginning=aDa')), ['Ada', 'ada b', 'ada@example.org', 'ADAM'])
    t.same(namesOf(await walk(site, 'beginning=ada%20')), ['ada b'], 'a beginning may end with a space')
    t.same(namesOf(await walk(site, 'beginning=STRASS')), ['Straße'], 'the beginning is folded as names are')
    t.same(namesOf(await walk(site, 'beginning=nobody')), [])
  },
)

t.test('paging neither skips nor repeats anybody while users come and go', async (t) => {
  const site = await startSite(t)
  // Crowded in one shard, so that its part has to be read on and on.
  const steady = [...numberedNames('steady', 300), ...numberedNames('sturdy', 60)]
  await seedUsers(site.server, steady.slice(0, 300), ['A'])
  await seedUsers(site.server, steady.slice(300))
  const passing = numberedNames('steady-0', 40, 3)
  await seedUsers(site.server, passing)
  const items = await walk(site, 'limit=50', async (page) => {
    for (const name of passing.splice(0, 2)) {
      await send(site, `DELETE /v1/admin/users/${name}`, site.first)
    }
    await seedUsers(site.server, [`aaa${page}`, `steady${page}`, `steady-1${page}`, `zzz${page}`])
  })
  const kept = namesOf(items).filter((name) => steady.includes(name))
  t.same(kept, steady.toSorted(byBytes), 'who was there all the time is met exactly once, in order')
  t.equal(new Set(items.map(({ id }) => id)).size, items.length, 'nobody is met twice')
  t.ok(passing.length < 40, 'users went meanwhile')
  t.ok(namesOf(items).includes('zzz1'), 'who came ahead of the walk is met')
})

t.test('a page reads as little of 10,000 users as of 100', async (t) => {
  const site = await startSite(t)
  const readForPages = async (): Promise<{ ranges: number; bytes: number }> => {
    const first = await send(site, 'GET /v1/admin/users?limit=200', site.first)
    await site.server.command('CONFIG', 'RESETSTAT')
    const cursor = first.json().nextCursor ?? ''
    const answer = await send(
      site,
      `GET /v1/admin/users?limit=50${cursor && `&cursor=${cursor}`}`,
      site.first,
    )
    t.equal(answer.json().items.length, 50)
    const info = String(await site.server.command('INFO', 'everything'))
    const numberAt = (pattern: RegExp): number => Number(pattern.exec(info)?.[1])
    return {
      ranges: numberAt(/cmdstat_zrange:calls=(\d+)/),
      bytes: numberAt(/total_net_output_bytes:(\d+)/),
    }
  }
  await seedUsers(site.server, numberedNames('few', 100))
  const few = await readForPages()
  await seedUsers(site.server, numberedNames('many', 10_000))
  const many = await readForPages()
  for (const { ranges, bytes } of [few, many]) {
    t.ok(ranges >= 62 && ranges <= 62 * 3, `${ranges} reads of the lists`)
    t.ok(bytes > 0 && bytes < 100_000, `${bytes} bytes from Redis`)
  }
})

t.test(
  'a list entry whose record is gone is skipped and removed; a user who is there stays listed',
  async (t) => {
    const [gone, here] = [await site.mint('stale-gone'), await site.mint('stale-here')]
    const shard = gone.id.charAt(0)
    await site.server.command('DEL', `lk:{${shard}}:u:${gone.id.slice(0, 8)}`)
    const { items, nextCursor } = (
      await send(site, 'GET /v1/admin/users?beginning=stale&limit=1', site.first)
    ).json()
    t.same(namesOf(items), ['stale-here'], 'the page is filled all the same')
    t.equal(nextCursor, null)
    const listOf = async (c: string) =>
      (await site.server.command('ZRANGE', `lk:{${c}}:users`, 0, -1)) as string[]
    t.notOk(
      (await listOf(shard)).includes(`stale-gone\u0000${gone.id.slice(0, 8)}`),
      'the entry is gone, too',
    )
    t.ok((await listOf(here.id.charAt(0))).includes(`stale-here\u0000${here.id.slice(0, 8)}`))
  },
)

t.test('a request for the list that is not right is 400, and nothing changes', async (t) => {
  await seedUsers(site.server, numberedNames('bad', 5))
  const { nextCursor } = (await send(site, 'GET /v1/admin/users?limit=2', site.first)).json()
  const before = await stateOf(site.server)
  for (const query of [
    'limit=0',
    'limit=201',
    'limit=1.5',
    'limit=x',
    'limit=',
    'limit=1&limit=2',
    'begining=a',
  ]) {
    assertProblem(t, await send(site, `GET /v1/admin/users?${query}`, site.first), 'request_invalid', query)
  }
  for (const beginning of ['%20a', '%00', '%E2%80%8B', 'a%0A', '%EF%BF%BF']) {
    const answer = await send(site, `GET /v1/admin/users?beginning=${beginning}`, site.first)
    assertProblem(t, answer, 'user_name_invalid', beginning)
  }
  const forged = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
  const [question, name, id] = JSON.parse(Buffer.from(nextCursor, 'base64url').toString())
  t.equal(forged(question, name, id), nextCursor, 'the forgeries below differ only in what they say')
  const cursors = ['', 'x', `${nextCursor}A`, `${nextCursor}=`, nextCursor.slice(0, -2), `%20${nextCursor}`]
  const forgeries = [
    forged(question, name),
    forged(question, name, id, 1),
    forged(question, 1, id),
    forged(question, name, 'short'),
    forged(question, name, 'Ab3dE+6h'),
    forged(question, `a\u0000b`, id),
    forged(question, '\ud800', id),
    forged('keys', name, id),
    Buffer.from(`[ ${JSON.stringify([question, name, id]).slice(1)}`).toString('base64url'),
  ]
  for (const cursor of [...cursors, ...forgeries]) {
    assertProblem(
      t,
      await send(site, `GET /v1/admin/users?cursor=${cursor}`, site.first),
      'cursor_invalid',
      cursor,
    )
  }
  const ofAnother = await send(site, `GET /v1/admin/users?beginning=b&cursor=${nextCursor}`, site.first)
  assertProblem(t, ofAnother, 'cursor_invalid', 'of another list')
  t.same(await stateOf(site.server), before)
})

t.test('a user is read by name, in any case; an unknown one is 404', async (t) => {
  const key = await site.mint('Ada@example.org')
  const { createdAt, ...user } = (await send(site, 'GET /v1/admin/users/ADA@example.org', site.first)).json()
  t.same(user, {
    id: key.id.slice(0, 8),
    name: 'Ada@example.org',
    roles: ['user'],
    groups: [],
    disabled: false,
  })
  t.equal(new Date(createdAt).toISOString(), createdAt)
  const street = await site.mint('STRA\u1e9eE')
  for (const name of ['stra%C3%9Fe', 'STRASSE', 'Stra%E1%BA%9Ee']) {
    const { id } = (await send(site, `GET /v1/admin/users/${name}`, site.first)).json()
    t.equal(id, street.id.slice(0, 8), 'the capital sharp s is the small one is ss')
  }
  assertProblem(t, await send(site, 'GET /v1/admin/users/bob', site.first), 'user_not_found')
  assertProblem(t, await send(site, 'GET /v1/admin/users/%20bob', site.first), 'user_name_invalid')
  assertProblem(t, await send(site, `GET /v1/admin/users/${'b'.repeat(129)}`, site.first), 'request_invalid')
})

t.test(
  "a disabled user's keys are refused on every instance, and work again once the user is enabled",
  async (t) => {
    const other = await site.another()
    const keys = [await site.mint('dan'), await site.mint('dan')]
    const setDisabled = async (disabled: boolean) =>
      await send(site, 'PATCH /v1/admin/users/dan', site.first, { disabled })
    const useAll = async (check: (t: Test, headers: Headers, instance: typeof other) => Promise<void>) => {
      for (const instance of [site, other]) for (const { headers } of keys) await check(t, headers, instance)
    }

    t.match((await setDisabled(true)).json(), { name: 'dan', disabled: true })
    await useAll(async (t, headers, instance) =>
      assertProblem(t, await send(instance, 'GET /v1/me', headers), 'user_disabled'),
    )
    t.match((await setDisabled(false)).json(), { name: 'dan', disabled: false })
    await useAll(async (t, headers, instance) => {
      t.equal((await send(instance, 'GET /v1/me', headers)).statusCode, 200)
    })
    t.equal((await auditEvents(site.server, 'user.changed')).length, 2)
  },
)
