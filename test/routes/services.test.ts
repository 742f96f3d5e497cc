// /v1/admin/services: add, list, remove, and what a service's secret opens.

import t from 'tap'
import { names } from '../../store/names.ts'
import { basic, startSite } from '../support/site.ts'
import {
  administratorsKey,
  assertProblem,
  auditEvents,
  type Headers,
  send,
  serviceWith,
  stateOf,
} from './evidence.ts'

const site = await startSite(t)
const other = await site.another()
const add = async (service: object, headers: Headers = site.first) =>
  await send(site, 'POST /v1/admin/services', headers, service)
const remove = async (name: string, headers: Headers = site.first) =>
  await send(site, `DELETE /v1/admin/services/${name}`, headers)
const dayMs = 86_400_000

t.test(
  "a new service's secret is shown once and opens what the service was permitted, everywhere",
  async (t) => {
    const answer = await add({ name: 'gateway', permissions: ['verify', 'mint'] })
    t.equal(answer.statusCode, 201)
    t.equal(answer.headers['cache-control'], 'no-store')
    const { secret, createdAt, ...rest } = answer.json()
    t.same(rest, { name: 'gateway', permissions: ['verify', 'mint'], expiresAt: null })
    t.match(secret, /^lkv_[0-9A-Za-z]{42}$/)

    const list = await send(site, 'GET /v1/admin/services', site.first)
    t.notMatch(list.body, /secret|digest/)
    const [listed] = list.json().items.filter(({ name }: { name: string }) => name === 'gateway')
    t.match(listed, { ...rest, createdAt })

    const me = await send(other, 'GET /v1/me', basic('gateway', secret))
    t.same(me.json(), {
      active: true,
      kind: 'service',
      id: 'gateway',
      service: { name: 'gateway', permissions: ['verify', 'mint'] },
      expiresAt: null,
    })
    const minted = await send(other, 'POST /v1/users/ada/api-keys', basic('gateway', secret))
    t.equal(minted.statusCode, 201)
    const refused = await send(other, 'PUT /v1/settings', basic('gateway', secret), { apiKeysPerUser: 5 })
    assertProblem(t, refused, 'permission_missing')
  },
)

t.test('a service ends at the very millisecond that was answered; without a lifetime never', async (t) => {
  for (const lifetimeDays of [1, 30, 3650]) {
    const name = `lives-${lifetimeDays}`
    const { createdAt, expiresAt } = (await add({ name, permissions: ['verify'], lifetimeDays })).json()
    t.equal(Date.parse(expiresAt) - Date.parse(createdAt), lifetimeDays * dayMs)
    t.equal(await site.server.command('PEXPIRETIME', names.service(name)), Date.parse(expiresAt))
  }
  for (const [name, lifetime] of Object.entries({ 'for-ever': {}, 'for-ever-too': { lifetimeDays: null } })) {
    const { expiresAt } = (await add({ name, permissions: ['verify'], ...lifetime })).json()
    t.equal(expiresAt, null)
    t.equal(await site.server.command('PEXPIRETIME', names.service(name)), -1)
  }
})

t.test('an expired service is refused, is listed no more, and its name is free again', async (t) => {
  const { secret } = (await add({ name: 'short', permissions: ['verify'], lifetimeDays: 1 })).json()
  const headers = basic('short', secret)
  t.equal((await send(other, 'GET /v1/me', headers)).statusCode, 200)
  await site.server.command('PEXPIREAT', names.service('short'), Date.now() - 1)
  assertProblem(t, await send(other, 'GET /v1/me', headers), 'credential_invalid')
  const { items } = (await send(site, 'GET /v1/admin/services', site.first)).json()
  t.notOk(items.some(({ name }: { name: string }) => name === 'short'))
  t.equal((await add({ name: 'short', permissions: ['verify'] })).statusCode, 201)
  assertProblem(
    t,
    await send(other, 'GET /v1/me', headers),
    'credential_invalid',
    'the old secret stays dead',
  )
})

t.test('a service whose time has come is refused even while Redis still holds its record', async (t) => {
  const { secret } = (await add({ name: 'overdue', permissions: ['verify'], lifetimeDays: 1 })).json()
  const text = String(await site.server.command('GET', names.service('overdue')))
  const overdue = { ...JSON.parse(text), expires: Date.now() - 1 }
  await site.server.command('SET', names.service('overdue'), JSON.stringify(overdue), 'KEEPTTL')
  assertProblem(t, await send(site, 'GET /v1/me', basic('overdue', secret)), 'credential_invalid')
})

t.test('a removed service is refused everywhere at once; removing it again finds nothing', async (t) => {
  const headers = await serviceWith(site, 'going', ['verify', 'admin'])
  t.equal((await send(other, 'GET /v1/settings', headers)).statusCode, 200)
  const removed = await remove('going')
  const refused = await send(other, 'GET /v1/settings', headers)
  t.equal(removed.statusCode, 204)
  t.equal(removed.body, '')
  assertProblem(t, refused, 'credential_invalid')
  assertProblem(t, await send(site, 'PUT /v1/settings', headers, { apiKeysPerUser: 5 }), 'credential_invalid')
  const before = await stateOf(site.server)
  assertProblem(t, await remove('going'), 'service_not_found')
  assertProblem(t, await remove('never-there'), 'service_not_found')
  for (const name of ['UPPER', '-x', 'a%2Fb', '%7Bsite%7D', 'x'.repeat(64), '*']) {
    assertProblem(t, await remove(name), 'request_invalid', name)
  }
  t.same(await stateOf(site.server), before)
})

t.test("a secret goes with its own service's name and no other", async (t) => {
  const { secret } = (await add({ name: 'own-name', permissions: ['verify'] })).json()
  await serviceWith(site, 'other-name', ['admin'])
  t.equal((await send(site, 'GET /v1/me', basic('own-name', secret))).statusCode, 200)
  for (const name of ['other-name', 'first', 'no-such-service', 'OWN-NAME', 'own-name ', '', 'Ä']) {
    assertProblem(t, await send(site, 'GET /v1/me', basic(name, secret)), 'credential_invalid', name)
  }
  assertProblem(t, await send(site, 'GET /v1/me', basic('apikey', secret)), 'credential_wrong_kind')
  assertProblem(
    t,
    await send(site, 'GET /v1/me', { authorization: `Bearer ${secret}` }),
    'credential_wrong_kind',
  )
})

t.test('names are lower case, short and never the user name of keys', async (t) => {
  for (const name of ['a', '0', 'a.b_c-d', 'x'.repeat(63)]) {
    t.equal((await add({ name, permissions: ['verify'] })).statusCode, 201, name)
  }
  const before = await stateOf(site.server)
  const impossible = [
    'apikey',
    '',
    'A',
    'Gateway',
    '.a',
    '-a',
    '_a',
    'a b',
    'a/b',
    'a:b',
    'ä',
    '{site}',
    'a\n',
  ]
  for (const name of [...impossible, 'x'.repeat(64), 7, null, ['a']]) {
    assertProblem(t, await add({ name, permissions: ['verify'] }), 'request_invalid', JSON.stringify(name))
  }
  t.same(await stateOf(site.server), before)
})

t.test(
  'permissions, lifetimes and members that are not declared are refused and nothing changes',
  async (t) => {
    const service = { name: 'never', permissions: ['verify'] }
    const bodies = [
      { name: 'never' },
      { permissions: ['verify'] },
      { ...service, permissions: [] },
      { ...service, permissions: ['verify', 'verify'] },
      { ...service, permissions: ['everything'] },
      { ...service, permissions: ['Verify'] },
      { ...service, permissions: 'verify' },
      ...[0, -1, 1.5, 3651, '7', true].map((lifetimeDays) => ({ ...service, lifetimeDays })),
      { ...service, secret: 'lkv_mine' },
      { ...service, expiresAt: null },
      { ...service, digest: 'd' },
    ]
    const before = await stateOf(site.server)
    for (const body of bodies) assertProblem(t, await add(body), 'request_invalid', JSON.stringify(body))
    t.same(await stateOf(site.server), before)
  },
)

t.test('a name that is taken stays with its service, and of ten at once one gets it', async (t) => {
  const headers = await serviceWith(site, 'taken', ['verify'])
  const before = await stateOf(site.server)
  assertProblem(t, await add({ name: 'taken', permissions: ['admin'] }), 'service_exists')
  t.same(await stateOf(site.server), before)
  t.same((await send(other, 'GET /v1/me', headers)).json().service.permissions, ['verify'])

  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      send(index % 2 === 0 ? site : other, 'POST /v1/admin/services', site.first, {
        name: 'contested',
        permissions: ['verify'],
      }),
    ),
  )
  const [winner, ...others] = answers.filter((answer) => answer.statusCode === 201)
  t.same(others, [])
  for (const answer of answers) if (answer !== winner) assertProblem(t, answer, 'service_exists')
  const me = await send(site, 'GET /v1/me', basic('contested', winner?.json().secret))
  t.equal(me.statusCode, 200)
  t.equal(
    (await auditEvents(site.server, 'service.added')).filter((e) => e.subject === 'contested').length,
    1,
  )
})

t.test('administrators and services with admin see the services, nobody else does', async (t) => {
  const allowed = [(await administratorsKey(site)).headers, await serviceWith(site, 'lister', ['admin'])]
  for (const headers of allowed) {
    const { items } = (await send(site, 'GET /v1/admin/services', headers)).json()
    const listed = items.map(({ name }: { name: string }) => name)
    t.same(listed, listed.toSorted(), 'in the order of their names')
    t.ok(listed.includes('first') && listed.includes('lister'))
  }
  const path = 'GET /v1/admin/services'
  assertProblem(t, await send(site, path, (await site.mint()).headers), 'role_missing')
  const powerless = await serviceWith(site, 'not-lister', ['verify', 'sessions', 'mint', 'revoke'])
  assertProblem(t, await send(site, path, powerless), 'permission_missing')
})

t.test(
  'adding and removing are one audit event each, with the permissions and never the secret',
  async (t) => {
    const { secret } = (await add({ name: 'audited', permissions: ['mint', 'verify'] })).json()
    await remove('audited')
    const events = (await auditEvents(site.server)).filter(({ subject }) => subject === 'audited')
    const byFirst = {
      actor: { kind: 'service', name: 'first', id: 'first' },
      address: '127.0.0.1',
      subject: 'audited',
    }
    t.same(events, [
      {
        ...byFirst,
        action: 'service.added',
        details: { permissions: ['mint', 'verify'], expiresAtMs: null },
      },
      { ...byFirst, action: 'service.removed' },
    ])
    t.notMatch(JSON.stringify(events), secret)
  },
)
