// What is removed of API keys that have expired: index entries, all of them, and nothing of a key that lives.

import t from 'tap'
import { countApiKeys } from '../../domain/api-key-count.ts'
import { everyApiKey } from '../../domain/api-key-filter.ts'
import { Problem } from '../../domain/errors.ts'
import { removeExpired } from '../../domain/tidying.ts'
import { names, shardOf, shards } from '../../store/names.ts'
import { send } from '../routes/evidence.ts'
import { mentionsOf, type PlantedKey, plantKeys } from '../support/planted-keys.ts'
import { startSite, type TestSite } from '../support/site.ts'
import { useKey } from '../support/site-over.ts'
import { numberedNames, seedUsers } from '../support/users.ts'

const dayMs = 86_400_000

/** One user in every shard. */
async function usersInEveryShard(site: TestSite): Promise<readonly string[]> {
  const users = numberedNames('user', shards.length)
  await seedUsers(site.server, users)
  return users
}

async function plant(site: TestSite, users: readonly string[], expiresMs: number | undefined) {
  const createdMs = Date.now() - 10 * dayMs
  const plan = (user: string, index: number) => ({
    user,
    createdMs,
    ...(expiresMs === undefined ? {} : { expiresMs }),
    ...(index % 2 === 0 ? {} : { usedMs: createdMs + dayMs }),
  })
  return await plantKeys(site.core, site.server, users.map(plan))
}

/** How many lists mention each of the keys. */
async function mentioned(site: TestSite, keys: readonly PlantedKey[]): Promise<ReadonlySet<number>> {
  const mentions = await Promise.all(keys.map(({ id }) => mentionsOf(site.server, id)))
  return new Set(mentions.map(({ length }) => length))
}

t.test('expired keys leave every list of every shard, and no live key leaves one', async (t) => {
  const site = await startSite(t)
  const users = await usersInEveryShard(site)
  const expired = await plant(site, [...users, ...users], Date.now() - 1_000)
  const living = [...(await plant(site, users, undefined)), ...(await plant(site, users, Date.now() + dayMs))]
  t.equal(new Set(expired.map(({ id }) => shardOf(id))).size, shards.length, 'in every shard')
  t.same(await mentioned(site, expired), new Set([4]))
  t.equal(await removeExpired(site.core), expired.length)
  t.same(
    await mentioned(site, expired),
    new Set([0]),
    'gone from the three indexes and from the list of the user',
  )
  t.same(await mentioned(site, living), new Set([4]))
  for (const key of living) t.equal(await useKey(site, key), '200')
  t.equal(await removeExpired(site.core), 0, 'nothing is left to do')
  for (const asked of [
    {},
    { isNeverUsed: true },
    { unusedSinceMs: Date.now() - dayMs },
    { createdToMs: Date.now() },
    { expiresFromMs: Number.POSITIVE_INFINITY },
  ]) {
    const ofNeverUsed = 'isNeverUsed' in asked || 'expiresFromMs' in asked
    const expected = ofNeverUsed ? living.length / 2 : living.length
    t.equal(await countApiKeys(site.core, { ...everyApiKey, ...asked }), expected, JSON.stringify(asked))
  }
})

t.test('the count of all keys never counts what has expired, tidied or not', async (t) => {
  const site = await startSite(t)
  await plant(site, ['ada', 'bob'], Date.now() - 1_000)
  await plant(site, ['ada'], Date.now() + dayMs)
  t.equal(await countApiKeys(site.core, everyApiKey), 1)
  await removeExpired(site.core)
  t.equal(await countApiKeys(site.core, everyApiKey), 1)
})

t.test('an index that lies ends no key: what the record says counts', async (t) => {
  const site = await startSite(t)
  const [key, expiring] = [await site.mint('ada'), await site.mint('ada')]
  const [gone] = await plant(site, ['ada'], Date.now() - 1_000)
  if (gone === undefined) throw new Error('a key was planted')
  const shard = shardOf(key.id)
  for (const { id } of [key, expiring]) {
    await site.server.command('ZADD', names.expiries(shard), 1, id)
    await site.server.command('ZADD', names.apiKeysOfUser(id.slice(0, 8)), 1, id.slice(8))
  }
  t.equal(await removeExpired(site.core), 3)
  t.equal((await mentionsOf(site.server, gone.id)).length, 0)
  for (const { id, headers } of [key, expiring]) {
    t.equal((await mentionsOf(site.server, id)).length, 4)
    t.equal(await useKey(site, { headers }), '200')
    t.equal((await send(site, `GET /v1/admin/api-keys/${id}`, site.first)).statusCode, 200)
  }
})

t.test('one run takes so many of a shard, and the next ones the rest', async (t) => {
  const site = await startSite(t)
  const users = numberedNames('crowded', 6)
  await seedUsers(site.server, users, ['Q'])
  const keys = await plant(
    site,
    Array.from({ length: 600 }, (_, index) => users[index % 6] ?? ''),
    Date.now() - 1_000,
  )
  const left = async () => Number(await site.server.command('ZCARD', names.expiries('Q')))
  const runs: number[] = []
  while ((await left()) > 0 && runs.length < 10) runs.push(await removeExpired(site.core))
  t.same(runs, [250, 250, 100])
  t.same(await mentioned(site, keys), new Set([0]))
})

t.test(
  'a Redis that takes no writes: nothing is removed, nothing else is harmed, and it is made up for',
  async (t) => {
    const site = await startSite(t)
    const key = await site.mint('ada')
    const expired = await plant(site, ['ada', 'bob', 'cy'], Date.now() - 1_000)
    await site.server.command('REPLICAOF', '127.0.0.1', '1')
    const failure = await removeExpired(site.core).catch((error: unknown) => error)
    t.ok(failure instanceof Problem && failure.code === 'redis_refused', 'who runs it learns why')
    t.same(await mentioned(site, expired), new Set([4]))
    t.equal(await useKey(site, key), '200', 'keys are verified as ever')
    const list = await send(site, 'GET /v1/admin/api-keys', site.first)
    t.same(
      list.json().items.map(({ id }: { readonly id: string }) => id),
      [key.id],
      'and the list is right',
    )
    await site.server.command('REPLICAOF', 'NO', 'ONE')
    t.equal(await removeExpired(site.core), 3)
    t.same(await mentioned(site, expired), new Set([0]))
  },
)

t.test(
  'minting at the limit makes room by what has expired, and leaves none of it in any index',
  async (t) => {
    const site = await startSite(t)
    await send(site, 'PUT /v1/settings', site.first, { apiKeysPerUser: 3 })
    const expired = await plant(site, ['ada', 'ada', 'ada'], Date.now() - 1_000)
    const others = await plant(site, ['bob'], Date.now() - 1_000)
    const first = await site.mint('ada')
    t.same(await mentioned(site, expired), new Set([0]), 'three were listed, and none alive')
    t.same(await mentioned(site, others), new Set([4]), "another user's are not touched")
    const living = [first, await site.mint('ada'), await site.mint('ada')]
    const refused = await send(site, 'POST /v1/users/ada/api-keys', site.first, {})
    t.equal(refused.json().code, 'api_key_limit_reached')
    for (const { id, headers } of living) {
      t.equal((await mentionsOf(site.server, id)).length, 4)
      t.equal(await useKey(site, { headers }), '200')
    }
    t.equal(await countApiKeys(site.core, { ...everyApiKey, user: 'ada' }), 3)
  },
)
