// POST /v1/verify and GET /v1/me: the truth about a credential at this very moment.

import t from 'tap'
import { names } from '../../store/names.ts'
import { startSite } from '../support/site.ts'
import { assertProblem, type Headers, send, serviceWith, stateOf, until, verify } from './evidence.ts'

const site = await startSite(t)
const gateway = await serviceWith(site, 'gateway', ['verify'])
const ask = async (credential: unknown, headers: Headers = gateway) =>
  await send(site, 'POST /v1/verify', headers, { credential })
const nameOf = ({ id }: { readonly id: string }) => names.apiKey(id.slice(0, 8), id.slice(8))

t.test('a good key is answered with user, roles, groups, kind and expiry, and nothing else', async (t) => {
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: 7 })
  const limited = await site.mint('Ada')
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: null })
  const unlimited = await site.mint('ada')
  for (const key of [limited, unlimited]) {
    const answer = await ask(key.secret)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['cache-control'], 'no-store')
    const expected = {
      active: true,
      kind: 'api-key',
      id: key.id,
      user: { id: key.id.slice(0, 8), name: 'Ada', roles: ['user'], groups: [] },
      expiresAt: key.expiresAt,
    }
    t.same(answer.json(), expected)
    const me = await send(site, 'GET /v1/me', key.headers)
    t.equal(me.headers['cache-control'], 'no-store')
    t.same(me.json(), expected, 'whoever holds the key is told the same')
  }
})

t.test('roles and groups are those of this moment, not those when the key was made', async (t) => {
  const key = await site.mint('grace')
  await send(site, 'PATCH /v1/admin/users/grace', site.first, { roles: ['admin'], groups: ['navy'] })
  t.match((await ask(key.secret)).json(), { user: { roles: ['admin'], groups: ['navy'] } })
  await send(site, 'PATCH /v1/admin/users/grace', site.first, { roles: ['user'], groups: [] })
  t.same((await ask(key.secret)).json().user.roles, ['user'])
})

t.test('a key is refused once it has expired: by Redis, and by its own record', async (t) => {
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: 7 })
  const [gone, overdue] = [await site.mint('expired'), await site.mint('expired')]
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: null })
  await site.server.command('PEXPIREAT', nameOf(gone), Date.now() - 1)
  const record = JSON.parse(String(await site.server.command('GET', nameOf(overdue))))
  const [seconds] = (await site.server.command('TIME')) as [string]
  const past = JSON.stringify({ ...record, e: Number(seconds) * 1000 - 1 })
  await site.server.command('SET', nameOf(overdue), past, 'KEEPTTL')
  for (const key of [gone, overdue]) {
    t.match((await ask(key.secret)).json(), { active: false, code: 'credential_invalid' })
    assertProblem(t, await send(site, 'GET /v1/me', key.headers), 'credential_invalid')
  }
})

t.test('a revoked key is refused even before its expiry', async (t) => {
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: 365 })
  const key = await site.mint('revoked')
  await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: null })
  t.match((await ask(key.secret)).json(), { active: true })
  await send(site, `DELETE /v1/admin/api-keys/${key.id}`, site.first)
  t.match((await ask(key.secret)).json(), { active: false, code: 'credential_invalid' })
})

t.test("one key's digest or record in another's place opens nothing", async (t) => {
  const [mine, victims] = [await site.mint('copier'), await site.mint('victim')]
  const [own, other] = await Promise.all(
    [mine, victims].map((key) => site.server.command('GET', nameOf(key))),
  )
  const [ownRecord, otherRecord] = [JSON.parse(String(own)), JSON.parse(String(other))]
  await site.server.command('SET', nameOf(victims), JSON.stringify({ ...otherRecord, d: ownRecord.d }))
  for (const { secret } of [mine, victims]) {
    const verdict = (await ask(secret)).json()
    if (secret === mine.secret) t.match(verdict, { active: true, user: { name: 'copier' } })
    else t.match(verdict, { active: false, code: 'credential_invalid' })
  }
})

t.test('what is no key of this site is refused with the reason that its text shows', async (t) => {
  const key = await site.mint('typist')
  const stranger = await (await startSite(t)).mint('ada@example.org')
  const { secret } = key
  const last = secret.endsWith('A') ? 'B' : 'A'
  const service = Buffer.from(gateway.authorization.slice(6), 'base64').toString().slice('gateway:'.length)
  const cases = {
    credential_malformed: [
      '',
      ' ',
      'apikey',
      'apikey:',
      secret.slice(0, -1),
      secret.slice(1),
      `${secret}x`,
      ` ${secret}`,
      `${secret}\n`,
      `${secret}\u0000`,
      `apikey:${secret}`,
      secret.slice(0, -1) + last,
      secret.slice(0, 30) + (secret[30] === 'z' ? 'y' : 'z') + secret.slice(31),
      secret.toLowerCase(),
      `LKA_${secret.slice(4)}`,
      `lks_${secret.slice(4)}`,
      `lkv_${secret.slice(4)}`,
      `lkx_${secret.slice(4)}`,
      'a'.repeat(512),
      '😀'.repeat(256),
      '\u0000',
    ],
    credential_of_another_site: [stranger.secret],
    credential_legacy_prefix: [`apikey|${secret}`, 'apikey|0123456789abcdef', 'session|0123456789abcdef'],
    credential_wrong_kind: [service],
  }
  for (const [code, credentials] of Object.entries(cases)) {
    for (const credential of credentials) {
      const answer = await ask(credential)
      t.equal(answer.statusCode, 200)
      const { detail, ...rest } = answer.json()
      t.same(rest, { active: false, code }, JSON.stringify(credential.replace(secret, '[key]')))
      t.ok(detail.length > 20, 'and says what to check')
      t.notOk(detail.includes(secret))
    }
  }
})

t.test('a body without a credential, too long, or of another type is refused', async (t) => {
  const { secret } = await site.mint('body')
  const before = await stateOf(site.server)
  for (const credential of ['x'.repeat(513), secret.repeat(9), 7, null, true, [secret], { secret }]) {
    const answer = await ask(credential)
    assertProblem(t, answer, 'request_invalid')
    t.notMatch(answer.body, secret)
  }
  for (const body of [{}, [], { credential: secret, user: 'ada' }, { Credential: secret }, [secret]]) {
    assertProblem(t, await send(site, 'POST /v1/verify', gateway, body), 'request_invalid')
  }
  assertProblem(t, await send(site, 'POST /v1/verify', gateway), 'request_invalid', 'no body')
  t.same(await stateOf(site.server), before)
})

t.test('only a service with the permission asks about credentials', async (t) => {
  const key = await site.mint('asked')
  const without = await serviceWith(site, 'without', ['sessions', 'mint', 'revoke', 'admin'])
  assertProblem(t, await ask(key.secret, without), 'permission_missing')
  assertProblem(t, await ask(key.secret, key.headers), 'credential_not_accepted')
  assertProblem(t, await ask(key.secret, {}), 'credential_missing')
})

t.test('verifying writes nothing but the last use', async (t) => {
  const key = await site.mint('unwritten')
  const before = await stateOf(site.server)
  t.match(await verify(site, gateway, key.secret), { active: true })
  await site.lastUsed.flush()
  t.same(await stateOf(site.server), before)
  t.ok(Number(await site.server.command('ZSCORE', names.lastUsed(key.id.charAt(0)), key.id)) > 0)
})

t.test(
  'a question is one line of the access log: who asked, from where, about which key of whom',
  async (t) => {
    const key = await site.mint('subject')
    const lineAbout = async (id: string, code: string | null) =>
      await until('the line of the question', () => {
        const lines = site.logged.map((text): Record<string, unknown> => JSON.parse(text))
        return lines.find(({ verified }) => isAbout(verified, id, code)) ?? null
      })
    const shared = { msg: 'request', method: 'POST', route: '/v1/verify', status: 200, service: 'gateway' }
    await ask(key.secret)
    t.match(await lineAbout(key.id, null), {
      ...shared,
      address: '127.0.0.1',
      verified: { id: key.id, user: 'subject', code: null },
    })
    await send(site, `DELETE /v1/admin/api-keys/${key.id}`, site.first)
    await ask(key.secret)
    t.match(await lineAbout(key.id, 'credential_invalid'), {
      ...shared,
      verified: { id: key.id, user: null, code: 'credential_invalid' },
    })
    const lines = site.logged.filter((text) => text.includes(key.id) && text.includes('"verified"'))
    t.equal(lines.length, 2)
  },
)

function isAbout(verified: unknown, id: string, code: string | null): boolean {
  if (typeof verified !== 'object' || verified === null) return false
  return 'id' in verified && verified.id === id && 'code' in verified && verified.code === code
}

t.test('a refused credential is in the access log with the id that it named, and its code', async (t) => {
  const key = await site.mint('refused')
  await send(site, `DELETE /v1/admin/api-keys/${key.id}`, site.first)
  await send(site, 'GET /v1/me', key.headers)
  const line = await until('the line of the refusal', () => {
    const lines = site.logged.map((text): Record<string, unknown> => JSON.parse(text))
    return lines.find(({ route, id }) => route === '/v1/me' && id === key.id) ?? null
  })
  t.match(line, { status: 401, user: null, code: 'credential_invalid', address: '127.0.0.1' })
})

t.test('GET /v1/me tells a service its permissions and expiry', async (t) => {
  const me = await send(site, 'GET /v1/me', site.first)
  t.equal(me.headers['cache-control'], 'no-store')
  const { expiresAt, ...rest } = me.json()
  t.same(rest, {
    active: true,
    kind: 'service',
    id: 'first',
    service: { name: 'first', permissions: ['verify', 'sessions', 'mint', 'revoke', 'admin'] },
  })
  const expiry = await site.server.command('PEXPIRETIME', names.service('first'))
  t.equal(Date.parse(expiresAt), expiry)
  assertProblem(t, await send(site, 'GET /v1/me'), 'credential_missing')
})
