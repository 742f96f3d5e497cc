import t from 'tap'
import { readDatabase } from '../support/database.ts'
import { seedApiKeys } from '../support/seed.ts'
import { type Instance, startSite, type TestSite } from '../support/site.ts'
import { useKey } from '../support/site-over.ts'
import { until } from '../support/until.ts'

/** 100000 and 1000000 work as well, and take their time. */
const manyKeys = Number(process.env.LATCHKEY_TEST_KEYS ?? 20_000)

t.test(
  'revoking everything is one write, whatever the number of keys, and the records go afterwards',
  async (t) => {
    const site = await startSite(t)
    const other = await site.another()
    const sample = await seedApiKeys(site.core, site.server.socketPath, { count: manyKeys })
    for (const key of sample) t.equal(await useKey(other, key), '200')

    const revoked = await revokeAll(site)
    t.match(revoked, { revoked: manyKeys, job: { total: manyKeys, endedAt: null } })
    const uses = await Promise.all(sample.map((key) => useKey(other, key)))
    t.same(
      new Set(uses),
      new Set(['401 credential_invalid']),
      'the very next verification of another instance',
    )

    // Minted while the job runs, in every part of the key space.
    const fresh = []
    for (let index = 0; index < 40; index++) fresh.push(await site.mint(`fresh-${index}`))
    await untilEnded(site, revoked.job.id, 120_000)
    t.equal(await recordCount(site), fresh.length, 'all records but those of the new keys are gone')
    t.same(
      await leftovers(
        site,
        fresh.map(({ id }) => id),
      ),
      [],
      'and no list holds anything else',
    )
    for (const key of fresh) t.equal(await useKey(other, key), '200', 'no new key was touched')
    const job = await readJob(site, revoked.job.id)
    t.equal(job.status, 'ended')
    t.equal(job.total, manyKeys)
    t.match(job.endedAt, /^\d{4}-/)
  },
)

t.test('a job whose instance is closed in the middle is continued by another, to the end', async (t) => {
  const site = await startSite(t)
  const sample = await seedApiKeys(site.core, site.server.socketPath, { count: 6_000 })
  const { job } = await revokeAll(site)
  await until('the job is in the middle', async () => (await recordCount(site)) < 5_500)
  await site.close()
  const left = await recordCount(site)
  t.ok(left > 0, `${left} records are left`)
  t.equal(JSON.parse(String(await site.server.command('HGET', 'lk:{site}:jobs', job.id))).endedMs, null)

  const successor = await site.another()
  const fresh = await mintOn(site, successor)
  await untilEnded({ ...site, app: successor.app }, job.id)
  t.equal(await recordCount(site), 1)
  t.same(await leftovers(site, [fresh.id]), [])
  t.equal(await useKey(successor, fresh), '200')
  t.equal(await useKey(successor, sample[0] ?? fresh), '401 credential_invalid')
})

t.test(
  'all keys of a user: the records are gone when the call is answered, and nobody else loses one',
  async (t) => {
    const site = await startSite(t)
    const kept = await site.mint('bob')
    const keys = [await site.mint('ada'), await site.mint('ada'), await site.mint('ada')]
    const url = '/v1/admin/api-keys/revoke'
    const payload = { user: 'ada' }
    const answer = await site.app.inject({ method: 'POST', url, headers: site.first, payload })
    t.same(answer.json(), { revoked: 3 })
    t.equal(await recordCount(site), 1)
    t.same(await leftovers(site, [kept.id]), [])
    for (const key of keys) t.equal(await useKey(site, key), '401 credential_invalid')
    t.equal(await useKey(site, kept), '200')
    t.equal(await useKey(site, await site.mint('ada')), '200', 'and the user may have new ones')
  },
)

t.test('threat 46: notes of use that race revocations leave nothing behind', async (t) => {
  const site = await startSite(t)
  const other = await site.another()
  const url = '/v1/admin/api-keys/revoke'
  for (let round = 0; round < 6; round++) {
    const keys = await Promise.all(Array.from({ length: 24 }, (_, index) => site.mint(`user-${index % 6}`)))
    await Promise.all(keys.map((key) => useKey(index(key.number), key)))
    const payloads = [
      { ids: keys.slice(0, 8).map(({ id }) => id) },
      { user: 'user-1' },
      ...(round % 2 === 0 ? [] : [{ all: true, site: 'Latchkey' }]),
    ]
    await Promise.all([
      ...payloads.map((payload) => site.app.inject({ method: 'POST', url, headers: site.first, payload })),
      site.lastUsed.flush(),
      other.lastUsed.flush(),
    ])
    // Used before it was revoked, noted only after.
    await Promise.all([site.lastUsed.flush(), other.lastUsed.flush()])
  }
  const { job } = await revokeAll(site)
  await untilEnded(site, job.id)
  await Promise.all([site.lastUsed.flush(), other.lastUsed.flush()])
  t.equal(await recordCount(site), 0)
  t.same(await leftovers(site, []), [])

  function index(number: number): Instance {
    return number % 2 === 0 ? site : other
  }
})

async function revokeAll(site: TestSite): Promise<{ revoked: number; job: { id: string } }> {
  const answer = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/api-keys/revoke',
    headers: site.first,
    payload: { all: true, site: 'Latchkey' },
  })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json()
}

async function readJob({ app, first }: Pick<TestSite, 'app' | 'first'>, id: string) {
  const answer = await app.inject({ url: `/v1/admin/jobs/${id}`, headers: first })
  return answer.json<{ status: string; total: number; endedAt: string }>()
}

async function untilEnded(
  site: Pick<TestSite, 'app' | 'first'>,
  id: string,
  boundMs?: number,
): Promise<void> {
  await until('the job has ended', async () => (await readJob(site, id)).status === 'ended', boundMs)
}

async function mintOn({ first }: TestSite, { app }: Instance) {
  const url = '/v1/users/fresh/api-keys'
  const answer = await app.inject({ method: 'POST', url, headers: first, payload: {} })
  const { id, secret } = answer.json<{ id: string; secret: string }>()
  return { id, headers: { authorization: `Bearer ${secret}` } }
}

async function recordCount({ server }: TestSite): Promise<number> {
  return ((await server.command('KEYS', 'lk:{?}:k:*')) as string[]).length
}

/** What any list still says of keys other than these. */
async function leftovers({ server }: TestSite, kept: readonly string[]): Promise<readonly string[]> {
  const lists = ['all-keys', 'expiries', 'used', 'keys']
  const database = await readDatabase(async (name, ...args) =>
    // The audit log and the users are none of our business, and long.
    name === 'KEYS' ? await namesOf(server, lists) : await server.command(name, ...args),
  )
  const keptNames = kept.flatMap((id) => [id, id.slice(8)])
  return [...database].flatMap(([name, content]) =>
    (JSON.parse(content) as string[][])
      .flat()
      .filter((_, index) => index % 2 === 0)
      .filter((member) => !keptNames.includes(member))
      .map((member) => `${name}: ${member}`),
  )
}

async function namesOf(server: TestSite['server'], lists: readonly string[]): Promise<string[]> {
  const names = (await server.command('KEYS', 'lk:{?}:*')) as string[]
  return names.filter((name) => lists.includes(name.split(':')[2] ?? ''))
}
