import t from 'tap'
import { names } from '../../store/names.ts'
import { startSite } from '../support/site.ts'
import { administratorsKey, assertProblem, send, serviceWith, until } from './evidence.ts'

// One site for all; each test has services of its own.
const site = await startSite(t)
const other = await site.another()

interface Listed {
  readonly name: string
  readonly lastUsedAt: string | null
}

async function listedServices(): Promise<readonly Listed[]> {
  return (await send(site, 'GET /v1/admin/services', site.first)).json().items
}

async function readOne(name: string): Promise<Listed> {
  return (await send(site, `GET /v1/admin/services/${name}`, site.first)).json()
}

const usesListed = async () =>
  (await site.server.command('ZRANGE', names.lastUsedOfServices, 0, -1)) as string[]

t.test('services are read one by one and in a list, never with a digest', async (t) => {
  await serviceWith(site, 'shown', ['verify'])
  await send(site, 'POST /v1/admin/services/shown/rotate', site.first, {})
  const { createdAt, ...one } = (await send(site, 'GET /v1/admin/services/shown', site.first)).json()
  t.same(one, { name: 'shown', permissions: ['verify'], expiresAt: null, lastUsedAt: null })
  t.equal(new Date(createdAt).toISOString(), createdAt)
  const list = await send(site, 'GET /v1/admin/services', site.first)
  const members = ['createdAt', 'expiresAt', 'lastUsedAt', 'name', 'permissions']
  for (const service of list.json().items) t.same(Object.keys(service).sort(), members)
  const shown: readonly string[] = list.json().items.map(({ name }: Listed) => name)
  t.ok(shown.includes('first') && shown.includes('shown'))
  t.same(shown, shown.toSorted(), 'in order of the name')
  const record = JSON.parse(String(await site.server.command('GET', names.service('shown'))))
  for (const digest of [record.digest, record.previous.digest]) {
    t.match(digest, /^[\w-]{43}$/)
    t.notMatch(list.body, digest)
  }
  assertProblem(t, await send(site, 'GET /v1/admin/services/nobody', site.first), 'service_not_found')
  assertProblem(t, await send(site, 'GET /v1/admin/services/No%20body', site.first), 'request_invalid')
})

t.test(
  'the last use of a service is shown, whichever instance it used and whether it was permitted',
  async (t) => {
    const gateway = await serviceWith(site, 'used', ['verify'])
    t.equal((await readOne('used')).lastUsedAt, null)

    await send(other, 'POST /v1/verify', gateway, { credential: 'x' })
    await other.lastUsed.flush()
    const { lastUsedAt } = await readOne('used')
    const atMs = Date.parse(String(lastUsedAt))
    const nowMs = (await site.core.stores.site.read()).nowMs
    t.ok(atMs > nowMs - 60_000 && atMs <= nowMs)

    const later = await until('a later use', async () => {
      assertProblem(t, await send(site, 'GET /v1/admin/services', gateway), 'permission_missing')
      await site.lastUsed.flush()
      const used = Date.parse(String((await readOne('used')).lastUsedAt))
      return used > atMs ? used : null
    })
    t.ok(later > atMs)
    // An instance that writes late what it noted early does not put the clock back.
    other.lastUsed.noteService('used', atMs - 1000)
    await other.lastUsed.flush()
    t.equal(Date.parse(String((await readOne('used')).lastUsedAt)), later)
    const listed = (await listedServices()).find(({ name }) => name === 'used')
    t.equal(Date.parse(String(listed?.lastUsedAt)), later)
  },
)

t.test('a refused secret is no use of the service', async (t) => {
  const gateway = await serviceWith(site, 'refused', ['verify'])
  await send(site, 'POST /v1/admin/services/refused/rotate', site.first, { overlapHours: 0 })
  assertProblem(t, await send(site, 'GET /v1/me', gateway), 'credential_invalid')
  await site.lastUsed.flush()
  t.notOk((await usesListed()).includes('refused'))
  t.equal((await readOne('refused')).lastUsedAt, null)
})

t.test('threat 46: a use that is written after the removal leaves nothing behind', async (t) => {
  const gateway = await serviceWith(site, 'removed', ['verify'])
  await send(site, 'GET /v1/me', gateway)
  await site.lastUsed.flush()
  t.ok((await usesListed()).includes('removed'))
  await send(other, 'GET /v1/me', gateway)
  t.equal((await send(site, 'DELETE /v1/admin/services/removed', site.first)).statusCode, 204)
  t.notOk((await usesListed()).includes('removed'), 'removed with the service')
  await other.lastUsed.flush()
  t.notOk((await usesListed()).includes('removed'), 'and not written again')

  // A use of the earlier service, written when there is another of its name, is not shown as a use of that one.
  await serviceWith(site, 'removed', ['verify'])
  other.lastUsed.noteService('removed', (await site.core.stores.site.read()).nowMs - 60_000)
  await other.lastUsed.flush()
  t.ok((await usesListed()).includes('removed'))
  t.equal((await readOne('removed')).lastUsedAt, null)
})

t.test('an expired service is off the list, and what is left of it is removed', async (t) => {
  const gateway = await serviceWith(site, 'expired', ['verify'])
  await serviceWith(site, 'lasting', ['verify'])
  await send(site, 'GET /v1/me', gateway)
  await site.lastUsed.flush()
  await site.server.command('PEXPIREAT', names.service('expired'), 1)
  assertProblem(t, await send(site, 'GET /v1/admin/services/expired', site.first), 'service_not_found')
  const left = (await listedServices()).map(({ name }) => name)
  t.notOk(left.includes('expired'))
  t.ok(left.includes('lasting'))
  t.same(await site.server.command('ZRANGE', names.services, 0, -1), left, 'nor is it in the index')
  t.notOk((await usesListed()).includes('expired'))
  await serviceWith(site, 'expired', ['verify'])
  t.equal((await readOne('expired')).name, 'expired', 'the name can be had again')
})

t.test('uses that could not be written are written later', async (t) => {
  await serviceWith(site, 'late', ['verify'])
  const atMs = (await site.core.stores.site.read()).nowMs
  site.lastUsed.noteService('late', atMs)
  await site.server.command('CONFIG', 'SET', 'min-replicas-to-write', 1)
  await site.lastUsed.flush()
  t.notOk((await usesListed()).includes('late'))
  await site.server.command('CONFIG', 'SET', 'min-replicas-to-write', 0)
  await site.lastUsed.flush()
  t.equal(Date.parse(String((await readOne('late')).lastUsedAt)), atMs)
})

t.test('an administrator reads services with a key', async (t) => {
  const { headers } = await administratorsKey(site)
  t.equal((await send(site, 'GET /v1/admin/services/first', headers)).json().name, 'first')
})
