// Minting session keys: never beyond the limit, never for a session that ended between two steps, and never for nobody.

import t from 'tap'
import type { ServiceCaller } from '../../domain/caller.ts'
import { mintSessionKey } from '../../domain/session-keys.ts'
import { endSession } from '../../domain/sessions.ts'
import { assertProblem, auditEvents, send, stateOf } from '../routes/evidence.ts'
import { interrupted } from '../support/interrupted.ts'
import { hashOf, lifeLeft, startSessionSite, testOrigin } from '../support/session-site.ts'

const site = await startSessionSite(t, { settings: { sessionKeysPerSession: 5 } })
const { server } = site
const service: ServiceCaller = {
  kind: 'service',
  id: 'first',
  permissions: ['sessions', 'admin'],
  expiresAtMs: null,
}

site.test('forty mints at once against a limit of five make five, by two instances', async (t) => {
  const other = await site.anotherCore()
  const ada = await site.cookieSession('ada')
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      if (index % 2 === 0) return (await send(site, 'POST /v1/session-keys', ada.headers, {})).json()
      return await mintSessionKey(other, service, ada.id, '', testOrigin).then(
        ({ id, secret }) => ({ id, secret: secret.reveal() }),
        ({ code }) => ({ code }),
      )
    }),
  )
  const minted = answers.filter(({ secret }) => secret !== undefined)
  t.equal(minted.length, 5)
  t.strictSame(
    new Set(answers.map(({ code }) => code)),
    new Set([undefined, 'session_key_limit_reached']),
    'the others are told so',
  )
  t.equal(await server.command('HLEN', hashOf(ada.id)), 7, 'the record, the last use and five keys')
  for (const { secret } of minted) t.equal((await site.core.verifier.verify(secret)).active, true)
  t.equal((await auditEvents(server, 'session-key.minted')).length, 5, 'one event a key')

  const { items } = (await send(site, 'GET /v1/session-keys', ada.headers)).json()
  t.strictSame(items.map(({ id }: { id: string }) => id).toSorted(), minted.map(({ id }) => id).toSorted())
  const [key] = minted
  t.equal((await send(site, `DELETE /v1/session-keys/${key.id}`, ada.headers)).statusCode, 204)
  t.equal((await site.core.verifier.verify(key.secret)).active, false)
  t.equal((await send(site, 'POST /v1/session-keys', ada.headers, {})).statusCode, 201, 'there is room again')
  assertProblem(t, await send(site, 'POST /v1/session-keys', ada.headers, {}), 'session_key_limit_reached')
})

for (const when of ['before the write', 'after the write'] as const) {
  site.test(
    `threat 46: a session that ends ${when} of its key leaves no key and nothing in Redis`,
    async (t) => {
      const { id } = await site.cookieSession('grace')
      const core = interrupted(site.core, when, async () => await endSession(site.core, id, testOrigin))
      await t.rejects(mintSessionKey(core, service, id, '', testOrigin), { code: 'session_not_found' })
      t.equal(await lifeLeft(server, id), -2)
    },
  )
}

site.test('a mint goes on when the context of the session changes in the middle', async (t) => {
  const { id } = await site.cookieSession('grace')
  const change = async () =>
    await send(site, `PATCH /v1/sessions/${id}`, site.first, { context: { phiLevel: 'full' } })
  const core = interrupted(site.core, 'before the write', change)
  const { secret } = await mintSessionKey(core, service, id, '', testOrigin)
  const verdict = await site.core.verifier.verify(secret.reveal())
  t.match(verdict, { active: true, caller: { context: { phiLevel: 'full' } } })
})

site.test('a session of a disabled user gets no keys, and nothing is written', async (t) => {
  const id = await site.hostSession('disabled')
  const disabled = await send(site, 'PATCH /v1/admin/users/disabled', site.first, { disabled: true })
  t.equal(disabled.statusCode, 200)
  const before = await stateOf(server)
  assertProblem(t, await send(site, `POST /v1/sessions/${id}/session-keys`, site.first, {}), 'owner_disabled')
  t.strictSame(await stateOf(server), before)
})

site.test(
  'a session whose impersonation no longer stands gets no keys, and nothing is written',
  async (t) => {
    await site.mint('linus')
    const root = await site.cookieSession('root', ['user', 'admin'])
    const order = { kind: 'user', name: 'linus' }
    t.equal((await send(site, 'POST /v1/session/impersonation', root.headers, order)).statusCode, 200)
    await send(site, 'PATCH /v1/admin/users/linus', site.first, { disabled: true })
    const before = await stateOf(server)
    const url = `POST /v1/sessions/${root.id}/session-keys`
    assertProblem(t, await send(site, url, site.first, {}), 'session_not_found')
    t.strictSame(await stateOf(server), before)
  },
)

site.test('session keys that are switched off are not minted; those there are go on', async (t) => {
  const ada = await site.cookieSession('ada')
  const key = await site.sessionKey(ada.id)
  await send(site, 'PUT /v1/settings', site.first, { sessionKeysAllowed: false })
  const before = await stateOf(server)
  assertProblem(t, await send(site, 'POST /v1/session-keys', ada.headers, {}), 'session_keys_not_allowed')
  const byService = await send(site, `POST /v1/sessions/${ada.id}/session-keys`, site.first, {})
  assertProblem(t, byService, 'session_keys_not_allowed')
  t.strictSame(await stateOf(server), before)
  t.equal((await site.core.verifier.verify(key.secret)).active, true)
  await send(site, 'PUT /v1/settings', site.first, { sessionKeysAllowed: true })
})
