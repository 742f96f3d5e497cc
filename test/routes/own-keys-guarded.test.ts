// What guards a user's own API keys: nobody reaches another user's, every change is audited once, and nothing that races
// a revocation outlives it.

import t from 'tap'
import { names } from '../../store/names.ts'
import { startSite } from '../support/site.ts'
import {
  administratorsKey,
  assertProblem,
  auditEvents,
  expiryOfApiKey,
  send,
  serviceWith,
  stateOf,
  until,
} from './evidence.ts'

const site = await startSite(t)
const unknownId = 'zzzzzzzzzzzzzzzz'
const describe = { description: 'described anew' }

t.test(
  "threat 14: another user's key is the same as none, on every own-key route, for every role",
  async (t) => {
    const victim = await site.mint('victim', 'the key of the victim')
    const callers = {
      user: (await site.mint('nosy')).headers,
      administrator: (await administratorsKey(site, 'nosy-administrator')).headers,
    }
    const ownUnknown = (id: string) => id.slice(0, 8) + unknownId.slice(8)
    const before = await stateOf(site.server)
    for (const [role, headers] of Object.entries(callers)) {
      const ownId = (await send(site, 'GET /v1/me', headers)).json().id
      for (const [method, body] of [['GET'], ['PATCH', describe], ['DELETE']] as const) {
        const answers = []
        for (const id of [victim.id, unknownId, ownUnknown(victim.id), ownUnknown(ownId)]) {
          const answer = await send(site, `${method} /v1/api-keys/${id}`, headers, body)
          assertProblem(t, answer, 'api_key_not_found', `${role} ${method}`)
          answers.push([answer.body, { ...answer.headers, date: null }])
        }
        for (const answer of answers) t.same(answer, answers[0], 'the answers do not differ in anything')
      }
      const { items } = (await send(site, 'GET /v1/api-keys', headers)).json()
      t.same(
        items.map(({ id }: { id: string }) => id),
        [ownId],
      )
    }
    t.same(await stateOf(site.server), before)
    t.equal((await send(site, 'GET /v1/me', victim.headers)).statusCode, 200)
  },
)

t.test('a malformed id is refused by its form alone, and nothing changes', async (t) => {
  const key = await site.mint('malformed')
  const before = await stateOf(site.server)
  const ids = [key.id.slice(1), `${key.id}x`, `${key.id.slice(1)}-`, '%7B%7D', '*', 'a'.repeat(1000)]
  for (const id of [...ids, key.secret, `${key.id}%0a`, encodeURIComponent('é'.repeat(16))]) {
    for (const [method, body] of [['GET'], ['PATCH', describe], ['DELETE']] as const) {
      const answer = await send(site, `${method} /v1/api-keys/${id}`, key.headers, body)
      assertProblem(t, answer, 'request_invalid', `${method} ${id.slice(0, 40)}`)
    }
  }
  t.same(await stateOf(site.server), before)
})

t.test('a service has no own keys, whatever its permissions', async (t) => {
  const { id } = await site.mint('served')
  const powerless = await serviceWith(site, 'powerless', ['verify'])
  const before = await stateOf(site.server)
  for (const headers of [site.first, powerless]) {
    const answers = [
      await send(site, 'GET /v1/api-keys', headers),
      await send(site, `GET /v1/api-keys/${id}`, headers),
      await send(site, `PATCH /v1/api-keys/${id}`, headers, describe),
      await send(site, `DELETE /v1/api-keys/${id}`, headers),
    ]
    for (const answer of answers) assertProblem(t, answer, 'user_credential_needed')
  }
  t.same(await stateOf(site.server), before)
})

t.test('every change is one audit event with who, what and from where; reading is none', async (t) => {
  const [key, second] = [await site.mint('audited'), await site.mint('audited')]
  const earlier = await auditEvents(site.server)
  await send(site, 'GET /v1/api-keys', key.headers)
  await send(site, `GET /v1/api-keys/${second.id}`, key.headers)
  await send(site, `DELETE /v1/api-keys/${unknownId}`, key.headers)
  t.equal((await auditEvents(site.server)).length, earlier.length)

  await send(site, `PATCH /v1/api-keys/${second.id}`, key.headers, describe)
  await send(site, `DELETE /v1/api-keys/${second.id}`, key.headers)
  const events = (await auditEvents(site.server)).filter(
    ({ action, subject }) =>
      subject === 'audited' && action !== 'api-key.minted' && action !== 'user.created',
  )
  const own = {
    actor: { kind: 'user', name: 'audited', id: key.id },
    address: '127.0.0.1',
    subject: 'audited',
  }
  t.same(events, [
    { ...own, action: 'api-key.renamed', details: { id: second.id, ...describe } },
    { ...own, action: 'api-key.revoked', details: { id: second.id, number: second.number } },
  ])
  t.equal((await auditEvents(site.server)).length, earlier.length + 2)
})

t.test(
  'threat 46: neither a rename nor a use that races the revocation leaves anything of the key',
  async (t) => {
    const key = await site.mint('racer')
    const owner = key.id.slice(0, 8)
    for (let round = 0; round < 20; round++) {
      const doomed = await site.mint('racer')
      const path = `/v1/api-keys/${doomed.id}`
      const [revoked, ...renamed] = await Promise.all([
        send(site, `DELETE ${path}`, key.headers),
        send(site, `PATCH ${path}`, key.headers, { description: 'a' }),
        send(site, `PATCH ${path}`, key.headers, { description: 'b' }),
        send(site, 'GET /v1/me', doomed.headers).then(() => site.lastUsed.flush()),
      ])
      t.equal(revoked.statusCode, 204)
      for (const answer of renamed) {
        if (answer !== undefined && answer.statusCode !== 200) assertProblem(t, answer, 'api_key_not_found')
      }
      t.equal(await expiryOfApiKey(site.server, doomed.id), -2, 'there is no record')
      assertProblem(t, await send(site, 'GET /v1/me', doomed.headers), 'credential_invalid')
      // A use from before the revocation that is written only now.
      site.lastUsed.note(doomed.id, Date.now())
      await site.lastUsed.flush()
      const leftovers = Object.entries(await stateOf(site.server)).filter(
        ([name, value]) => !name.endsWith(':audit') && (name + value).includes(doomed.id.slice(8)),
      )
      t.same(leftovers, [])
      t.equal(await site.server.command('ZSCORE', names.lastUsed(owner.charAt(0)), doomed.id), null)
      const events = await auditEvents(site.server, 'api-key.revoked')
      t.equal(events.filter(({ details }) => details?.id === doomed.id).length, 1)
    }
  },
)

t.test('a use is in the access log with user, id, kind and address', async (t) => {
  const key = await site.mint('logged')
  await send(site, `GET /v1/api-keys/${key.id}`, key.headers)
  const line = await until('the line of the request', () => {
    const lines = site.logged.map((text): Record<string, unknown> => JSON.parse(text))
    return lines.find(({ user, msg }) => msg === 'request' && user === 'logged') ?? null
  })
  t.match(line, {
    method: 'GET',
    route: '/v1/api-keys/:id',
    status: 200,
    user: 'logged',
    id: key.id,
    kind: 'api-key',
    address: '127.0.0.1',
  })
})
