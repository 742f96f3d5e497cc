// Revoking all API keys that match a filter: each filter ends what it names and nothing else, and who may order it.

import t from 'tap'
import { plantKeys } from '../support/planted-keys.ts'
import { startSite } from '../support/site.ts'
import { administratorsKey, assertProblem, auditEvents, send, serviceWith, stateOf } from './evidence.ts'
import { endedJob, revokedBy, revokeMatching } from './matching.ts'

const site = await startSite(t)
const other = await site.another()
const dayMs = 86_400_000
const nowMs = Date.now()
const time = (ms: number): string => new Date(ms).toISOString()
const isActive = async (core: typeof site.core, secret: string): Promise<boolean> =>
  (await core.verifier.verify(secret)).active

const [longAgo, lately] = [nowMs - 200 * dayMs, nowMs - 3 * dayMs]
const [soon, late] = [nowMs + 2 * dayMs, nowMs + 90 * dayMs]
/** Every user with every combination of times. */
const grid = ['Ada@example.org', 'adam@example.org', 'bob@example.org'].flatMap((user) =>
  [longAgo, lately].flatMap((createdMs) =>
    [null, soon, late].flatMap((expiresMs) =>
      [null, createdMs + dayMs, nowMs - dayMs].map((usedMs) => ({
        user,
        createdMs,
        ...(expiresMs === null ? {} : { expiresMs }),
        ...(usedMs === null ? {} : { usedMs }),
      })),
    ),
  ),
)
type Planted = Awaited<ReturnType<typeof plantKeys>>[number]
const unusedSince = ({ usedMs, createdMs }: Planted, ms: number): boolean => (usedMs ?? createdMs) <= ms

/** Both ends of every range are inclusive: the times are those of keys. From narrow to wide, as each round leaves keys. */
const filters: readonly (readonly [object, (key: Planted) => boolean])[] = [
  [{ user: 'aDA@EXAMPLE.org', neverUsed: true }, (key) => /^Ada@/.test(key.user) && key.usedMs === undefined],
  [{ user: 'aDA@EXAMPLE.org' }, ({ user }) => /^Ada@/.test(user)],
  [
    { userBeginning: 'aDa', expiresBefore: time(soon) },
    (key) => /^ada/i.test(key.user) && (key.expiresMs ?? Infinity) <= soon,
  ],
  [
    { createdBefore: time(longAgo), neverExpires: true, unusedSince: time(longAgo + dayMs) },
    (key) => key.createdMs === longAgo && key.expiresMs === undefined && unusedSince(key, longAgo + dayMs),
  ],
  [{ expiresAfter: time(soon + 1), expiresBefore: time(late) }, ({ expiresMs }) => expiresMs === late],
  [
    { createdAfter: time(lately), neverUsed: true },
    (key) => key.createdMs >= lately && key.usedMs === undefined,
  ],
  [{ unusedSince: time(longAgo) }, (key) => unusedSince(key, longAgo)],
  [{ unusedSince: time(lately + dayMs) }, (key) => unusedSince(key, lately + dayMs)],
  [{ neverUsed: true }, ({ usedMs }) => usedMs === undefined],
  [{ expiresBefore: time(soon) }, ({ expiresMs }) => expiresMs === soon],
  [{ neverExpires: true }, ({ expiresMs }) => expiresMs === undefined],
  [{ createdBefore: time(longAgo) }, ({ createdMs }) => createdMs <= longAgo],
  [{ userBeginning: 'ADAM' }, ({ user }) => user.startsWith('adam')],
  [{ expiresAfter: time(late) }, ({ expiresMs = Infinity }) => expiresMs >= late],
  [{ createdAfter: time(lately) }, ({ createdMs }) => createdMs >= lately],
]

t.test('every filter revokes exactly the keys that match it, on every instance, and no other', async (t) => {
  let living: readonly Planted[] = []
  for (const [filter, matches] of filters) {
    const words = JSON.stringify(filter)
    living = [...living, ...(await plantKeys(site.core, site.server, grid))]
    const expected = living.filter(matches).map(({ id }) => id)
    t.ok(expected.length > 0 && expected.length < living.length, `${words}: ${expected.length} match`)
    const answer = await revokeMatching(site, site.first, filter)
    t.match(answer.json(), { revoked: 0, job: { kind: 'revoke', status: 'running', endedAt: null } })
    t.equal(answer.statusCode, 200)
    const job = await endedJob(other, site.first, answer.json().job)
    t.match(job, { kind: 'revoke', done: expected.length }, words)
    t.same((await revokedBy(site.server, job.id)).toSorted(), expected.toSorted(), words)
    const wrong = await Promise.all(
      living.map(async (key) => {
        const verdicts = await Promise.all([site, other].map(({ core }) => isActive(core, key.secret)))
        return verdicts.includes(matches(key))
      }),
    )
    t.equal(wrong.filter(Boolean).length, 0, `${words}: refused on both instances, or good on both`)
    living = living.filter((key) => !matches(key))
  }
  // Uses were not noted: the verifier was asked, not the routes.
  const left = (await send(site, 'GET /v1/admin/api-keys/count', site.first)).json()
  t.same(left, { count: living.length })
})

t.test('who ordered it and what is one audit event, and each key has its own with the job', async (t) => {
  const administrator = await administratorsKey(site, 'boss')
  const keys = [await site.mint('Grace'), await site.mint('Grace')]
  const orders = (await auditEvents(site.server, 'api-keys.revoked')).length
  const answer = await revokeMatching(site, administrator.headers, { user: 'gRACE', neverUsed: true })
  t.equal(answer.statusCode, 200, 'an API key of an administrator may')
  const job = await endedJob(site, site.first, answer.json().job)
  t.match(job, { total: 2, examined: 2, done: 2 })
  const actor = { kind: 'user', name: 'boss', id: administrator.id }
  const ofOrder = (await auditEvents(site.server, 'api-keys.revoked')).slice(orders)
  t.match(ofOrder, [
    {
      actor,
      address: '127.0.0.1',
      subject: 'Grace',
      details: { scope: 'matching', filter: { user: 'gRACE', isNeverUsed: true }, job: job.id },
    },
  ])
  t.equal(ofOrder.length, 1)
  const ofKeys = (await auditEvents(site.server, 'api-key.revoked')).filter(
    ({ subject }) => subject === 'Grace',
  )
  const expected = keys.map(({ id, number }) => ({
    actor,
    address: '127.0.0.1',
    action: 'api-key.revoked',
    subject: 'Grace',
    details: { id, number, job: job.id },
  }))
  t.same(
    ofKeys.toSorted((left, right) =>
      String(left.details?.number).localeCompare(String(right.details?.number)),
    ),
    expected,
  )
})

t.test('a filter that asks for nothing, or for what cannot be, is refused and revokes nothing', async (t) => {
  const key = await site.mint('kept')
  await site.app.useCounts.flush()
  const before = await stateOf(site.server)
  const refused = [
    {},
    { neverUsed: false },
    { neverExpires: false, neverUsed: false },
    { all: true },
    { site: 'Latchkey' },
    { neverUsed: true, owner: 'kept' },
    { isNeverUsed: true },
    { neverUsed: 'true' },
    { user: '' },
    { user: null },
    { user: ['kept'] },
    { createdBefore: 0 },
    { createdBefore: '' },
    { createdBefore: 'yesterday' },
    { createdBefore: '2016-11-23' },
    // Times that the format lets pass and JavaScript cannot read: no number, which every key would match.
    { createdBefore: '2016-12-31T23:59:60Z' },
    { createdAfter: '2016-11-23T22:00:00+05' },
    { expiresBefore: '2016-12-31T23:59:60Z' },
    { unusedSince: '2016-12-31T23:59:60Z', user: 'kept' },
  ]
  for (const matching of refused) {
    const note = JSON.stringify(matching)
    assertProblem(t, await revokeMatching(site, site.first, matching), 'request_invalid', note)
  }
  for (const matching of [null, [], 'all', true]) {
    const answer = await send(site, 'POST /v1/admin/api-keys/revoke', site.first, { matching })
    assertProblem(t, answer, 'request_invalid', JSON.stringify(matching))
  }
  const both = { matching: { user: 'kept' }, user: 'kept' }
  const answer = await send(site, 'POST /v1/admin/api-keys/revoke', site.first, both)
  assertProblem(t, answer, 'request_invalid', 'two ways in one')
  assertProblem(t, await revokeMatching(site, site.first, { user: 'nobody' }), 'user_not_found')
  assertProblem(t, await revokeMatching(site, site.first, { user: ' kept' }), 'user_name_invalid')
  t.same(await stateOf(site.server), before)
  t.equal(await isActive(other.core, key.secret), true)
})

t.test('a time that does not exist is refused by the list and the count, too', async (t) => {
  for (const path of ['/v1/admin/api-keys', '/v1/admin/api-keys/count']) {
    const query = { unusedSince: '2016-12-31T23:59:60Z' }
    assertProblem(
      t,
      await site.app.inject({ url: path, query, headers: site.first }),
      'request_invalid',
      path,
    )
  }
})

t.test('it takes the permission to revoke, or an administrator', async (t) => {
  const key = await site.mint('plain')
  const filter = { user: 'plain' }
  const blind = await serviceWith(site, 'blind', ['verify', 'sessions', 'mint', 'admin'])
  const verifying = await serviceWith(site, 'verifying', ['verify'])
  await site.app.useCounts.flush()
  const before = await stateOf(site.server)
  for (const headers of [verifying, blind])
    assertProblem(t, await revokeMatching(site, headers, filter), 'permission_missing')
  assertProblem(t, await revokeMatching(site, key.headers, filter), 'role_missing')
  assertProblem(t, await revokeMatching(site, {}, filter), 'credential_missing')
  await site.app.useCounts.flush()
  t.same(changedBesideCounts(before, await stateOf(site.server)), [])
  t.equal(await isActive(other.core, key.secret), true)
  const revoking = await serviceWith(site, 'revoking', ['revoke'])
  const { job } = (await revokeMatching(site, revoking, filter)).json()
  t.match(await endedJob(site, revoking, job), { done: 1 })
  t.equal(await isActive(other.core, key.secret), false)
})

function changedBesideCounts(before: Readonly<Record<string, string>>, after: typeof before): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => before[name] !== after[name] && !/:verifications:|:refusals:/.test(name))
}
