import t from 'tap'
import { names } from '../../store/names.ts'
import { basic, type Instance, startSite } from '../support/site.ts'
import {
  assertProblem,
  auditEvents,
  everythingIn,
  type Headers,
  send,
  serviceWith,
  stateOf,
} from './evidence.ts'

// One site for all; each test has services of its own.
const site = await startSite(t)
const other = await site.another()

async function rotate(
  name: string,
  payload?: object,
  headers: Headers = site.first,
  instance: Instance = site,
) {
  return await send(instance, `POST /v1/admin/services/${name}/rotate`, headers, payload)
}

/** Rotates. @returns the Authorization header with the new secret */
async function rotated(name: string, overlapHours: number): Promise<Headers> {
  const answer = await rotate(name, { overlapHours })
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return basic(name, answer.json<{ secret: string }>().secret)
}

/** How both instances answer to a service: `200`, or the code of the problem. */
async function usesOf(headers: Headers): Promise<readonly string[]> {
  const answers = await Promise.all([site, other].map((instance) => send(instance, 'GET /v1/me', headers)))
  return answers.map((answer) => (answer.statusCode === 200 ? '200' : answer.json().code))
}

const works = ['200', '200']
const isRefused = ['credential_invalid', 'credential_invalid']

async function rotationsOf(name: string) {
  return (await auditEvents(site.server, 'service.rotated')).filter(({ subject }) => subject === name)
}

interface StoredService {
  readonly digest: string
  readonly previous?: { readonly digest: string; readonly pepper: number; readonly until: number }
}

async function recordOf(name: string): Promise<StoredService> {
  return JSON.parse(String(await site.server.command('GET', names.service(name))))
}

async function changePrevious(name: string, change: object): Promise<void> {
  const record = await recordOf(name)
  const changed = JSON.stringify({ ...record, previous: { ...record.previous, ...change } })
  await site.server.command('SET', names.service(name), changed, 'XX', 'KEEPTTL')
}

t.test(
  'a rotation shows a new secret once; old and new verify on every instance while they overlap',
  async (t) => {
    const old = await serviceWith(site, 'gateway', ['verify', 'mint'])
    const answer = await rotate('gateway', { overlapHours: 2 })
    t.equal(answer.statusCode, 201)
    t.equal(answer.headers['cache-control'], 'no-store')
    const { secret, createdAt, ...rest } = answer.json()
    t.same(rest, { name: 'gateway', permissions: ['verify', 'mint'], expiresAt: null })
    t.match(secret, /^lkv_[0-9A-Za-z]{42}$/)
    t.equal(new Date(createdAt).toISOString(), createdAt)
    const fresh = basic('gateway', secret)
    t.same(await usesOf(fresh), works)
    t.same(await usesOf(old), works)
    t.notMatch(await everythingIn(site.server), secret, 'the secret is stored nowhere')
    t.notMatch(site.logged.join(''), secret)

    const { previous } = await recordOf('gateway')
    const now = Number(((await site.server.command('TIME')) as string[])[0]) * 1000
    const leftMs = (previous?.until ?? 0) - now
    t.ok(leftMs > 7_000_000 && leftMs <= 7_201_000, 'two hours by the clock of Redis')
    t.match(await rotationsOf('gateway'), [
      {
        actor: { kind: 'service', name: 'first' },
        details: { overlapHours: 2, previousUntilMs: previous?.until },
      },
    ])
  },
)

t.test('an overlap of nothing refuses the old secret at once, on every instance', async (t) => {
  const old = await serviceWith(site, 'leaked', ['verify'])
  t.same(await usesOf(old), works)
  const fresh = await rotated('leaked', 0)
  t.same(await usesOf(old), isRefused)
  t.same(await usesOf(fresh), works)
  t.equal((await recordOf('leaked')).previous, undefined)
})

t.test('the old secret is refused as soon as the overlap has ended', async (t) => {
  const old = await serviceWith(site, 'ended', ['verify'])
  const fresh = await rotated('ended', 1)
  t.same(await usesOf(old), works)
  const [seconds] = (await site.server.command('TIME')) as string[]
  await changePrevious('ended', { until: Number(seconds) * 1000 - 1 })
  t.same(await usesOf(old), isRefused)
  t.same(await usesOf(fresh), works)

  // The pepper of what has ended is not even asked for; that of what has not is, and an unknown one is no refusal.
  await changePrevious('ended', { pepper: 9 })
  t.same(await usesOf(old), isRefused)
  await changePrevious('ended', { until: Number(seconds) * 1000 + 3_600_000 })
  t.same(await usesOf(old), ['pepper_unknown', 'pepper_unknown'])
  t.same(await usesOf(fresh), works, 'the present secret does not depend on the previous one')
})

t.test(
  'rotating again keeps one previous secret only, and an overlap of nothing ends that, too',
  async (t) => {
    const first = await serviceWith(site, 'again', ['verify'])
    const second = await rotated('again', 168)
    const third = await rotated('again', 168)
    t.same(await usesOf(first), isRefused)
    t.same(await usesOf(second), works)
    t.same(await usesOf(third), works)
    const fourth = await rotated('again', 0)
    t.same(await usesOf(second), isRefused)
    t.same(await usesOf(third), isRefused)
    t.same(await usesOf(fourth), works)
    t.equal((await rotationsOf('again')).length, 3)
  },
)

t.test(
  'without a word about the overlap it is a day; the expiry of the service stays as it was',
  async (t) => {
    const added = await send(site, 'POST /v1/admin/services', site.first, {
      name: 'brief',
      permissions: ['verify'],
      lifetimeDays: 3,
    })
    const expiry = await site.server.command('PEXPIRETIME', names.service('brief'))
    t.ok(Number(expiry) > 0)
    for (const payload of [undefined, {}]) {
      const answer = await rotate('brief', payload)
      t.equal(answer.statusCode, 201)
      t.equal(answer.json().expiresAt, added.json().expiresAt)
    }
    t.match(await rotationsOf('brief'), [
      { details: { overlapHours: 24 } },
      { details: { overlapHours: 24 } },
    ])
    t.equal(await site.server.command('PEXPIRETIME', names.service('brief')), expiry)
  },
)

t.test('a rotation that is not right is refused and changes nothing', async (t) => {
  const own = await startSite(t)
  await serviceWith(own, 'gateway', ['verify'])
  const before = await stateOf(own.server)
  const path = 'POST /v1/admin/services/gateway/rotate'
  const overlaps = [-1, 169, 1.5, '24', null, true, [24], {}, 1e300]
  const bodies: object[] = [...overlaps.map((overlapHours) => ({ overlapHours })), [], [24]]
  bodies.push({ overlapHours: 1, secret: 'mine' }, { overlap: 1 }, { permissions: ['admin'] })
  for (const body of bodies) {
    assertProblem(t, await send(own, path, own.first, body), 'request_invalid', JSON.stringify(body))
  }
  const form = await send(own, path, { ...own.first, 'content-type': 'text/plain' }, 'overlapHours=0')
  assertProblem(t, form, 'media_type_unsupported')
  for (const [name, code] of [
    ['nobody', 'service_not_found'],
    ['apikey', 'service_not_found'],
    ['Gateway', 'request_invalid'],
    [`g${'x'.repeat(63)}`, 'request_invalid'],
  ] as const) {
    assertProblem(t, await send(own, `POST /v1/admin/services/${name}/rotate`, own.first, {}), code, name)
  }
  t.same(await stateOf(own.server), before)
})

t.test('threat 49: a service rotates only what holds no more than itself', async (t) => {
  const administrating = await serviceWith(site, 'administrating', ['admin', 'verify'])
  const minting = await serviceWith(site, 'minting', ['mint', 'verify'])
  await serviceWith(site, 'verifying', ['verify'])
  const before = await recordOf('minting')
  const refused = await rotate('minting', { overlapHours: 0 }, administrating)
  assertProblem(t, refused, 'permission_missing')
  t.match(refused.json().detail, /\bmint\b/)
  assertProblem(t, await rotate('first', {}, administrating), 'permission_missing')
  t.same(await recordOf('minting'), before)
  t.same(await usesOf(minting), works)
  t.equal((await rotationsOf('minting')).length, 0)
  t.equal((await rotationsOf('first')).length, 0)

  t.equal((await rotate('verifying', {}, administrating)).statusCode, 201)
  const own = await rotate('administrating', { overlapHours: 0 }, administrating)
  t.equal(own.statusCode, 201, 'its own secret, too')
  t.same(await usesOf(administrating), isRefused)
  t.same(await usesOf(basic('administrating', own.json().secret)), works)
})

t.test('of 50 rotations at once the last secret and the one before it verify, and no other', async (t) => {
  const old = await serviceWith(site, 'crowded', ['verify'])
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      rotate('crowded', { overlapHours: 1 }, site.first, index % 2 ? site : other),
    ),
  )
  const done = answers.filter(({ statusCode }) => statusCode === 201)
  for (const answer of answers.filter(({ statusCode }) => statusCode !== 201)) {
    assertProblem(t, answer, 'record_contended')
  }
  t.ok(done.length >= 2, `${done.length} were done`)
  t.equal((await rotationsOf('crowded')).length, done.length, 'one event for each that was done')
  const secrets = [old, ...done.map((answer) => basic('crowded', answer.json().secret))]
  const uses = await Promise.all(secrets.map(usesOf))
  t.equal(uses.filter(([one, another]) => one === '200' && another === '200').length, 2)
  t.equal(uses.filter(([one, another]) => one === another).length, uses.length, 'the instances agree')
  t.same(uses[0], isRefused, 'no rotation put back what an earlier one had ended')

  await changePrevious('crowded', { until: 1 })
  const afterwards = await Promise.all(secrets.map(usesOf))
  t.equal(afterwards.filter(([one]) => one === '200').length, 1, 'exactly one after the overlap')
})

t.test('a service removed while it is rotated stays removed', async (t) => {
  for (let round = 0; round < 10; round++) {
    const name = `removed-${round}`
    await serviceWith(site, name, ['verify'])
    const [rotation, removal] = await Promise.all([
      rotate(name, {}, site.first, other),
      send(site, `DELETE /v1/admin/services/${name}`, site.first),
    ])
    t.equal(removal.statusCode, 204)
    if (rotation.statusCode === 201) t.same(await usesOf(basic(name, rotation.json().secret)), isRefused)
    else assertProblem(t, rotation, 'service_not_found')
    t.equal(await site.server.command('EXISTS', names.service(name)), 0)
  }
})
