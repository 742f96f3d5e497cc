// Counts of verifications: what is counted, once, and what is not; that they are bounded, and survive a Redis that is away.

import t from 'tap'
import { makeCredential, makeId } from '../../domain/credential.ts'
import { names } from '../../store/names.ts'
import { type Counts, dayOf, type UseCounts } from '../../store/use-counts.ts'
import { send, serviceWith } from '../routes/evidence.ts'
import { signInAs } from '../support/sign-in.ts'
import { basic, type Instance, startSite } from '../support/site.ts'
import { until } from '../support/until.ts'

const dayMs = 86_400_000
const startedMs = Date.now()
const today = () => [...new Set([dayOf(startedMs), dayOf(Date.now())])]

/** By outcome, since the test began. */
async function outcomesNow({ app, core }: Instance): Promise<Readonly<Record<string, number>>> {
  await app.useCounts.flush()
  return sumOf(await core.stores.useCounts.outcomesOf(today()))
}

async function refusalsNow({ app, core }: Instance): Promise<Readonly<Record<string, number>>> {
  await app.useCounts.flush()
  return Object.fromEntries(await core.stores.useCounts.refusalsOf(today()))
}

function sumOf(counts: readonly Counts[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [name, count] of counts.flatMap((each) => [...each])) sums[name] = (sums[name] ?? 0) + count
  return sums
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

t.test('a use is counted once, by its outcome, whether at /v1/me or asked about at /v1/verify', async (t) => {
  const site = await startSite(t)
  const [good, revoked, disabled] = [await site.mint('ada'), await site.mint('ada'), await site.mint('dora')]
  await send(site, `DELETE /v1/admin/api-keys/${revoked.id}`, site.first)
  await send(site, 'PATCH /v1/admin/users/dora', site.first, { disabled: true })
  const another = good.secret.slice(4, 8) === 'zzzz' ? 'yyyy' : 'zzzz'
  const credentials = {
    accepted: good.secret,
    credential_malformed: good.secret.slice(1),
    credential_of_another_site: makeCredential('api-key', another, {
      user: makeId(),
      key: makeId(),
    }).secret.reveal(),
    credential_legacy_prefix: 'apikey|0123456789abcdef',
    credential_wrong_kind: makeCredential('service', good.secret.slice(4, 8)).secret.reveal(),
    credential_invalid: revoked.secret,
    user_disabled: disabled.secret,
  }
  const expected: Record<string, number> = {}
  t.same(await outcomesNow(site), {}, 'what the service did to get here is not counted')
  for (const [outcome, credential] of Object.entries(credentials)) {
    for (const headers of [basic('apikey', credential), { apikey: credential }]) {
      const me = await send(site, 'GET /v1/me', headers)
      t.equal(me.statusCode === 200 ? 'accepted' : me.json().code, outcome)
      expected[outcome] = (expected[outcome] ?? 0) + 1
      t.same(await outcomesNow(site), expected, `${outcome} at /v1/me`)
    }
    const verdict = (await send(site, 'POST /v1/verify', site.first, { credential })).json()
    t.equal(verdict.active ? 'accepted' : verdict.code, outcome)
    expected[outcome] = (expected[outcome] ?? 0) + 1
    t.same(await outcomesNow(site), expected, `${outcome} at /v1/verify`)
  }
  t.same(await refusalsNow(site), { '127.0.0.1': 18 }, 'addresses: of refusals only')

  const forbidden = await send(site, 'GET /v1/admin/api-keys', good.headers)
  t.equal(forbidden.statusCode, 403)
  t.match(await outcomesNow(site), { accepted: 4 }, 'a good key that may not is no refused credential')
  await send(site, 'GET /v1/me')
  await send(site, 'GET /v1/health/live', basic('apikey', 'nonsense'))
  t.equal(
    total(await outcomesNow(site)),
    22,
    'without a credential, or where none is asked for, nothing is counted',
  )
})

t.test('cookies are not counted, and of services only what is refused', async (t) => {
  const site = await startSite(t)
  const ada = await signInAs(site, 'ada')
  const gateway = await serviceWith(site, 'gateway', ['verify'])
  t.equal((await send(site, 'GET /v1/me', { cookie: ada.headers.cookie })).statusCode, 200)
  t.equal((await send(site, 'DELETE /v1/session', ada.headers)).statusCode, 204)
  for (const cookie of [ada.headers.cookie, ada.headers.cookie.replace(/=.*/, '=nonsense')])
    t.equal((await send(site, 'GET /v1/me', { cookie })).statusCode, 401)
  t.equal((await send(site, 'GET /v1/me', gateway)).statusCode, 200)
  t.equal((await send(site, 'GET /v1/settings', gateway)).statusCode, 200)
  t.same(await outcomesNow(site), {})
  t.same(await refusalsNow(site), {})

  const [, secret = ''] = Buffer.from(gateway.authorization.slice(6), 'base64').toString().split(':')
  const wrong = [basic('nobody', secret), basic('gateway', 'nonsense'), { authorization: 'Basic !' }]
  for (const headers of wrong) t.equal((await send(site, 'GET /v1/me', headers)).statusCode, 401)
  t.same(await outcomesNow(site), { credential_invalid: 1, credential_malformed: 2 })
  t.same(await refusalsNow(site), { '127.0.0.1': 3 })
})

t.test(
  'refusals are counted where they come from, an IPv6 network as one, and never by what was sent',
  async (t) => {
    const site = await startSite(t)
    const [key, gone] = [await site.mint(), await site.mint()]
    await send(site, `DELETE /v1/admin/api-keys/${gone.id}`, site.first)
    const use = async (headers: Readonly<Record<string, string>>, remoteAddress: string) =>
      (await site.app.inject({ url: '/v1/me', headers, remoteAddress })).statusCode
    t.equal(await use(key.headers, '203.0.113.1'), 200)
    for (const address of [
      '203.0.113.2',
      '203.0.113.2',
      '::ffff:203.0.113.2',
      '2001:db8:1:2::1',
      '2001:db8:1:2:3::4',
    ])
      t.equal(await use(gone.headers, address), 401)
    t.same(await refusalsNow(site), { '203.0.113.2': 3, '2001:db8:1:2::/64': 2 })
    const contents = JSON.stringify([await outcomesNow(site), await refusalsNow(site)])
    t.notOk(contents.includes(gone.id) || contents.includes(gone.secret))
  },
)

t.test('what is counted while Redis is away is written afterwards, once', async (t) => {
  const site = await startSite(t)
  const refuse = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      const answer = await send(site, 'GET /v1/me', basic('apikey', 'nonsense'))
      t.equal(answer.statusCode, 401, 'seen from the text alone')
    }
  }
  await refuse(2)
  t.same(await outcomesNow(site), { credential_malformed: 2 })
  await refuse(3)
  await site.server.stop()
  await refuse(4)
  await site.app.useCounts.flush()
  await site.app.useCounts.flush()
  await refuse(5)
  await site.server.restart()
  await until('it is connected again', () => site.redis.isReady)
  await Promise.all([site.app.useCounts.flush(), site.app.useCounts.flush()])
  t.same(await outcomesNow(site), { credential_malformed: 14 })
  t.same(await refusalsNow(site), { '127.0.0.1': 14 })
  t.same(await outcomesNow(site), { credential_malformed: 14 })
})

t.test('instances add up, days are UTC days, and all of it ends by itself', async (t) => {
  const site = await startSite(t)
  const other = await site.another()
  const midnight = Date.UTC(2026, 10, 24)
  const note = (counts: UseCounts, atMs: number): void => {
    counts.note('accepted', null, atMs)
    counts.note('credential_invalid', '203.0.113.1', atMs)
  }
  for (const { app } of [site, other, site]) {
    note(app.useCounts, midnight - 1)
    note(app.useCounts, midnight)
    note(app.useCounts, midnight + dayMs - 1)
  }
  await Promise.all([site.app.useCounts.flush(), other.app.useCounts.flush()])
  const days = ['2026-11-25', '2026-11-23', '2026-11-24']
  const { useCounts } = site.core.stores
  const outcomes = await useCounts.outcomesOf(days)
  t.same(
    outcomes.map((counts) => sumOf([counts])),
    [{}, { accepted: 3, credential_invalid: 3 }, { accepted: 6, credential_invalid: 6 }],
    'in the order that was asked for',
  )
  t.same([...(await useCounts.refusalsOf(['2026-11-23']))], [['203.0.113.1', 3]])
  t.same([...(await useCounts.refusalsOf(days))], [['203.0.113.1', 9]])
  for (const day of ['2026-11-23', '2026-11-24']) {
    const left = Number(await site.server.command('PTTL', names.verificationsOfDay(day)))
    t.ok(left > 399 * dayMs && left <= 400 * dayMs, 'outcomes are kept for 400 days')
    const leftOfAddresses = Number(await site.server.command('PTTL', names.refusalsOfDay(day)))
    t.ok(leftOfAddresses > 7 * dayMs && leftOfAddresses <= 8 * dayMs, 'addresses for eight')
  }
})

t.test('an instance that is closed writes what is left', async (t) => {
  const site = await startSite(t)
  const other = await site.another()
  const key = await site.mint()
  await send(other, 'GET /v1/me', key.headers)
  await send(other, 'GET /v1/me', basic('apikey', 'nonsense'))
  await other.close()
  t.same(await outcomesNow(site), { accepted: 1, credential_malformed: 1 })
  t.same(await refusalsNow(site), { '127.0.0.1': 1 })
})
