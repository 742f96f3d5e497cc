// Revoking every key on the site: the confirmation, what it ends, and the job that removes the records.

import t from 'tap'
import { names } from '../../store/names.ts'
import { startSite } from '../support/site.ts'
import {
  administratorsKey,
  assertProblem,
  auditEvents,
  expiryOfApiKey,
  type Headers,
  send,
  serviceWith,
  siteRecord,
  stateOf,
  until,
  verify,
} from './evidence.ts'

const site = await startSite(t)
const other = await site.another()
const revokeAll = async (siteName: string, headers: Headers = site.first) =>
  await send(site, 'POST /v1/admin/api-keys/revoke', headers, { all: true, site: siteName })
const ended = async (id: string, headers: Headers = site.first) =>
  await until('the end of the job', async () => {
    const job = (await send(other, `GET /v1/admin/jobs/${id}`, headers)).json()
    return job.status === 'ended' ? job : null
  })

async function countListed(): Promise<number> {
  const lists = (await site.server.command('KEYS', names.allApiKeys('?'))) as string[]
  const counts = await Promise.all(lists.map((list) => site.server.command('ZCARD', list)))
  return counts.reduce((sum: number, count) => sum + Number(count), 0)
}

t.test('the name of the site is asked for to the letter; anything else changes nothing', async (t) => {
  const key = await site.mint()
  await send(site, 'PUT /v1/settings', site.first, { siteName: 'Keys of the lab' })
  const before = await stateOf(site.server)
  for (const name of [
    '',
    'Latchkey',
    'keys of the lab',
    'Keys of the lab ',
    ' Keys of the lab',
    'Keys of the la',
  ]) {
    assertProblem(t, await revokeAll(name), 'site_name_mismatch', name)
  }
  assertProblem(t, await revokeAll('x'.repeat(65)), 'request_invalid')
  t.same(await stateOf(site.server), before)
  t.match(await verify(other, site.first, key.secret), { active: true })
  await send(site, 'PUT /v1/settings', site.first, { siteName: 'Latchkey' })
})

t.test('every key is refused everywhere at once, services are not, and new keys are good', async (t) => {
  const keys = await Promise.all(['ada', 'ada', 'grace', 'joan', 'margaret'].map((user) => site.mint(user)))
  const { generation } = await siteRecord(site.server)
  const listed = await countListed()
  const answer = await revokeAll('Latchkey')
  const verdicts = await Promise.all(
    keys.flatMap(({ secret }) => [other, site].map((each) => verify(each, site.first, secret))),
  )
  for (const verdict of verdicts) t.match(verdict, { active: false, code: 'credential_invalid' })
  t.equal(answer.statusCode, 200)
  t.not((await siteRecord(site.server)).generation, generation)
  const { revoked, job } = answer.json()
  t.equal(revoked, listed)
  t.match(job, { id: /^[0-9A-Za-z]{8}$/, total: listed, startedAt: /^\d{4}-.*Z$/ })

  const fresh = await site.mint('ada')
  t.match(await verify(other, site.first, fresh.secret), { active: true, id: fresh.id })
  const { items } = (await send(site, 'GET /v1/api-keys', fresh.headers)).json()
  t.same(
    items.map(({ id }: { id: string }) => id),
    [fresh.id],
    'dead keys are not shown, whether or not they were removed yet',
  )
  t.match(await ended(job.id), { id: job.id, status: 'ended' })
  t.match(await verify(site, site.first, fresh.secret), { active: true }, 'clean-up takes no live key')
})

t.test(
  'the job ends by itself and has then removed every dead record and every trace in the lists',
  async (t) => {
    const users = Array.from({ length: 24 }, (_, index) => `swept-${index}`)
    const keys = await Promise.all([...users, ...users].map((user) => site.mint(user)))
    const listed = await countListed()
    const { job } = (await revokeAll('Latchkey')).json()
    const last = await ended(job.id)
    t.match(last, { status: 'ended', total: listed })
    t.ok(Date.parse(last.endedAt) >= Date.parse(last.startedAt))
    for (const { id } of keys) t.equal(await expiryOfApiKey(site.server, id), -2)
    for (const left of ['lk:{?}:k:*', 'lk:{?}:keys:*', names.allApiKeys('?')]) {
      t.same(await site.server.command('KEYS', left), [], left)
    }
  },
)

t.test('the revocation of all is one audit event that names its job', async (t) => {
  await site.mint('audited')
  const administrator = await administratorsKey(site, 'boss')
  const earlier = await auditEvents(site.server, 'api-keys.revoked')
  const { job } = (await revokeAll('Latchkey', administrator.headers)).json()
  t.same((await auditEvents(site.server, 'api-keys.revoked')).slice(earlier.length), [
    {
      actor: { kind: 'user', name: 'boss', id: administrator.id },
      address: '127.0.0.1',
      action: 'api-keys.revoked',
      subject: 'Latchkey',
      details: { scope: 'site', listed: job.total, job: job.id },
    },
  ])
  const spent = await send(site, `GET /v1/admin/jobs/${job.id}`, administrator.headers)
  assertProblem(t, spent, 'credential_invalid', "the administrator's own key went, too")
})

t.test(
  'a job is read by administrators and by services that may revoke or administer, by nobody else',
  async (t) => {
    const { job } = (await revokeAll('Latchkey')).json()
    await ended(job.id)
    const path = `GET /v1/admin/jobs/${job.id}`
    const allowed = [
      (await administratorsKey(site, 'chief')).headers,
      await serviceWith(site, 'revoking', ['revoke']),
      await serviceWith(site, 'administering', ['admin']),
    ]
    for (const headers of allowed)
      t.match((await send(site, path, headers)).json(), { id: job.id, status: 'ended' })
    assertProblem(t, await send(site, path, (await site.mint('plain')).headers), 'role_missing')
    assertProblem(
      t,
      await send(site, path, await serviceWith(site, 'blind', ['verify', 'sessions', 'mint'])),
      'permission_missing',
    )
  },
)

t.test('keys minted while everything is revoked either verify or were never answered', async (t) => {
  for (let round = 0; round < 5; round++) {
    const minting = Array.from({ length: 8 }, (_, index) =>
      send(index % 2 === 0 ? site : other, `POST /v1/users/minted-${index % 3}/api-keys`, site.first),
    )
    const revoked = await revokeAll('Latchkey')
    t.equal(revoked.statusCode, 200)
    const { generation } = await siteRecord(site.server)
    for (const answer of await Promise.all(minting)) {
      t.equal(answer.statusCode, 201)
      const { id, secret } = answer.json()
      const record = await site.server.command('GET', names.apiKey(id.slice(0, 8), id.slice(8)))
      const isOfNow = record !== null && JSON.parse(String(record)).sg === generation
      t.match(await verify(other, site.first, secret), { active: isOfNow })
    }
  }
})
