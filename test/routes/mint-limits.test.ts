// Minting: expiry to the millisecond, the limit of live keys, numbers, and mints that race a change of their owner.

import t from 'tap'
import { names } from '../../store/names.ts'
import { startSite } from '../support/site.ts'
import { assertProblem, auditEvents, expiryOfApiKey, send, serviceWith, stateOf } from './evidence.ts'

const site = await startSite(t)
const other = await site.another()
const pathOf = (user: string) => `POST /v1/users/${encodeURIComponent(user)}/api-keys`
const mint = async (user: string, instance: Pick<typeof site, 'app'> = site, headers = site.first) =>
  await send(instance, pathOf(user), headers)
const set = async (settings: object) => {
  const answer = await send(site, 'PUT /v1/settings', site.first, settings)
  if (answer.statusCode !== 200) throw new Error(answer.body)
}
const patch = async (user: string, change: object) =>
  await send(site, `PATCH /v1/admin/users/${encodeURIComponent(user)}`, site.first, change)

t.test(
  'Redis ends a key at the very millisecond that was answered; a key without expiry never',
  async (t) => {
    for (const days of [7, 30, 90, 180, 365]) {
      await set({ apiKeyLifetimeDays: days })
      const { id, createdAt, expiresAt } = (await mint('expiring')).json()
      t.equal(Date.parse(expiresAt) - Date.parse(createdAt), days * 86_400_000)
      t.equal(await expiryOfApiKey(site.server, id), Date.parse(expiresAt), `${days} days`)
    }
    await set({ apiKeyLifetimeDays: null })
    const { id, expiresAt } = (await mint('expiring')).json()
    t.equal(expiresAt, null)
    t.equal(await expiryOfApiKey(site.server, id), -1)
  },
)

t.test('a change of the lifetime leaves the keys that exist as they are', async (t) => {
  await set({ apiKeyLifetimeDays: 30 })
  const limited = await site.mint('unmoved')
  await set({ apiKeyLifetimeDays: null })
  const unlimited = await site.mint('unmoved')
  await set({ apiKeyLifetimeDays: 7 })
  t.equal(await expiryOfApiKey(site.server, limited.id), Date.parse(limited.expiresAt ?? ''))
  t.equal(await expiryOfApiKey(site.server, unlimited.id), -1)
  await set({ apiKeyLifetimeDays: null })
})

t.test('64 mints at once on two instances make exactly as many keys as the limit allows', async (t) => {
  await set({ apiKeysPerUser: 10 })
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, index) => mint('crowd', index % 2 === 0 ? site : other)),
  )
  const minted = answers.filter((answer) => answer.statusCode === 201)
  const refused = answers.filter((answer) => answer.statusCode !== 201)
  t.equal(minted.length, 10)
  t.equal(refused.length, 54)
  for (const answer of refused) assertProblem(t, answer, 'api_key_limit_reached')

  const keys = minted.map((answer) => answer.json())
  const headers = { authorization: `Bearer ${keys[0].secret}` }
  const listed = (await send(site, 'GET /v1/api-keys', headers)).json().items
  t.same(listed.map((key: { id: string }) => key.id).toSorted(), keys.map((key) => key.id).toSorted())
  const events = await auditEvents(site.server, 'api-key.minted')
  t.equal(events.filter(({ subject }) => subject === 'crowd').length, 10)
  const records = await site.server.command('KEYS', names.apiKey(keys[0].id.slice(0, 8), '*'))
  t.equal((records as string[]).length, 10, 'no record that nobody was told of')
})

t.test('at the limit a refused mint changes nothing, and a higher limit lets it through', async (t) => {
  await set({ apiKeysPerUser: 1 })
  await site.mint('frugal')
  const withoutNumber = async () => {
    const { [names.keyNumbers]: _, ...state } = await stateOf(site.server)
    return state
  }
  const before = await withoutNumber()
  assertProblem(t, await mint('frugal'), 'api_key_limit_reached')
  t.same(await withoutNumber(), before)
  await set({ apiKeysPerUser: 2 })
  t.equal((await mint('frugal')).statusCode, 201)
})

t.test('keys that were revoked, have expired or were revoked all together do not count', async (t) => {
  await set({ apiKeysPerUser: 3 })
  const user = 'replacer'
  const fill = async () => {
    const statuses: number[] = []
    do statuses.push((await mint(user)).statusCode)
    while (statuses.at(-1) === 201)
    t.equal(statuses.at(-1), 409)
    return statuses.length - 1
  }
  const first = await site.mint(user)
  t.equal(await fill(), 2)

  await send(site, `DELETE /v1/admin/api-keys/${first.id}`, site.first)
  t.equal(await fill(), 1, 'one was revoked')

  const [owner, key] = [first.id.slice(0, 8), String(await someKeyOf(first.id.slice(0, 8)))]
  await site.server.command('PEXPIREAT', names.apiKey(owner, key), Date.now() - 1)
  t.equal(await fill(), 1, 'one has expired')

  const ofUser = await send(site, 'POST /v1/admin/api-keys/revoke', site.first, { user })
  t.same(ofUser.json(), { revoked: 3 })
  t.equal(await fill(), 3, "all of the user's were revoked")

  const all = { all: true, site: 'Latchkey' }
  t.equal((await send(site, 'POST /v1/admin/api-keys/revoke', site.first, all)).statusCode, 200)
  t.equal(await fill(), 3, 'all on the site were revoked')
})

async function someKeyOf(owner: string): Promise<unknown> {
  const [key] = (await site.server.command('ZRANGE', names.apiKeysOfUser(owner), 0, 0)) as unknown[]
  return key
}

t.test('every key has a number of its own, and later keys have higher ones', async (t) => {
  await set({ apiKeysPerUser: 100 })
  const waves: number[][] = []
  for (let wave = 0; wave < 3; wave++) {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => mint(`counted-${index % 4}`, index % 2 === 0 ? site : other)),
    )
    waves.push(answers.map((answer) => answer.json().number))
  }
  const numbers = waves.flat()
  t.equal(new Set(numbers).size, 36)
  t.ok(numbers.every((number) => Number.isSafeInteger(number) && number > 0))
  for (const [index, wave] of waves.entries()) {
    const earlier = waves[index - 1] ?? [0]
    t.ok(Math.min(...wave) > Math.max(...earlier), `wave ${index} is higher than the one before`)
  }
})

/** The change comes later in every round: from before the first mint has read its owner to when the last is done. */
const rounds = 16
async function afterTurns<Value>(turns: number, act: () => Promise<Value>): Promise<Value> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
  return await act()
}

t.test('threat 49: without admin, no service mints for a user who has become an administrator', async (t) => {
  const minter = await serviceWith(site, 'racing-minter', ['mint'])
  for (let round = 0; round < rounds; round++) {
    const user = `promoted-${round}`
    await site.mint(user)
    const [promotion, ...mints] = await Promise.all([
      afterTurns(2 * round, () => patch(user, { roles: ['admin'] })),
      ...Array.from({ length: 6 }, (_, index) => mint(user, index % 2 === 0 ? site : other, minter)),
    ])
    t.equal(promotion.statusCode, 200)
    const minted = mints.filter((answer) => answer.statusCode === 201).length
    for (const answer of mints) if (answer.statusCode !== 201) assertProblem(t, answer, 'permission_missing')
    t.same(await mintsAroundChangeOf(user), { before: minted + 1, after: 0 })
  }
})

t.test('no key is minted for a user once the user is disabled', async (t) => {
  for (let round = 0; round < rounds; round++) {
    const user = `leaving-${round}`
    await site.mint(user)
    const [disabling, ...mints] = await Promise.all([
      afterTurns(2 * round, () => patch(user, { disabled: true })),
      ...Array.from({ length: 6 }, (_, index) => mint(user, index % 2 === 0 ? site : other)),
    ])
    t.equal(disabling.statusCode, 200)
    const minted = mints.filter((answer) => answer.statusCode === 201).length
    for (const answer of mints) if (answer.statusCode !== 201) assertProblem(t, answer, 'owner_disabled')
    const { before, after } = await mintsAroundChangeOf(user)
    t.equal(after, 0)
    t.ok(before >= minted + 1, 'every answered key was minted before')
  }
})

/** The audit stream of a user's shard is the true order of what happened to the user. */
async function mintsAroundChangeOf(user: string): Promise<{ before: number; after: number }> {
  const actions = (await auditEvents(site.server))
    .filter(({ subject }) => subject === user)
    .map(({ action }) => action)
  const change = actions.indexOf('user.changed')
  const mintsAmong = (some: readonly string[]) => some.filter((action) => action === 'api-key.minted').length
  return { before: mintsAmong(actions.slice(0, change)), after: mintsAmong(actions.slice(change)) }
}
