// Whether a session or a key exists is not to be learned by asking: the same answer and the same work for whatever does not
// verify.

import t from 'tap'
import { createCore } from '../../domain/core.ts'
import { type CredentialKind, makeCredential, makeId } from '../../domain/credential.ts'
import type { Pepper } from '../../domain/pepper.ts'
import { createPepperRing } from '../../domain/pepper-ring.ts'
import { openSite } from '../../domain/site.ts'
import { assertProblem, send, verify } from '../routes/evidence.ts'
import { hashOf, startSessionSite } from '../support/session-site.ts'
import { basic } from '../support/site.ts'

const site = await startSessionSite(t)
const siteId = site.core.gate.id()
const ada = await site.cookieSession('ada')
const key = await site.sessionKey(ada.id)
const [user, session, keyId] = [ada.id.slice(0, 8), ada.id.slice(8), key.id.slice(-8)]
const hosted = await site.hostSession('ada')
const ended = await site.cookieSession('ada')
const endedKey = await site.sessionKey(ended.id)
await send(site, `DELETE /v1/sessions/${ended.id}`, site.first)

function made(kind: CredentialKind, ids: { user: string; session: string; key?: string }): string {
  return makeCredential(kind, siteId, ids).secret.reveal()
}

/** None of these verifies, each for a reason of its own. */
const cookies = {
  'another secret': made('session', { user, session }),
  'no such session': made('session', { user, session: makeId() }),
  'no such user': made('session', { user: makeId(), session }),
  'a session that has no cookie': made('session', { user, session: hosted.slice(8) }),
  'an ended session': ended.cookie,
}
const keys = {
  'another secret': made('session-key', { user, session, key: keyId }),
  'no such key': made('session-key', { user, session, key: makeId() }),
  'a key of another session': made('session-key', { user, session: hosted.slice(8), key: keyId }),
  'no such session': made('session-key', { user, session: makeId(), key: keyId }),
  'no such user': made('session-key', { user: makeId(), session, key: keyId }),
  'an ended session': endedKey.secret,
}

/** All that the client sees, but for the time of day. */
function seen({ statusCode, headers, body }: Awaited<ReturnType<typeof send>>): string {
  return JSON.stringify([statusCode, { ...headers, date: '' }, body])
}

site.test('threat 9: whatever does not verify is answered the same, to the byte', async (t) => {
  const answers = [
    ...Object.values(cookies).map((cookie) => ({ cookie: `latchkey=${cookie}` })),
    ...Object.values(keys).map((secret) => basic('apikey', secret)),
  ].map(async (headers) => await send(site, 'GET /v1/me', headers))
  const all = await Promise.all(answers)
  for (const answer of all) assertProblem(t, answer, 'credential_invalid')
  t.equal(new Set(all.map(seen)).size, 1)
  const asked = await Promise.all(
    [...Object.values(cookies), ...Object.values(keys)].map((text) => verify(site, site.first, text)),
  )
  t.equal(new Set(asked.map((verdict) => JSON.stringify(verdict))).size, 1)
  t.match(asked[0], { active: false, code: 'credential_invalid' })
  t.equal((await send(site, 'GET /v1/me', key.headers)).statusCode, 200, 'the right ones verify')
  t.equal((await send(site, 'GET /v1/me', ada.headers)).statusCode, 200)
})

site.test(
  'threat 9: one digest is computed for each, whether it is there, is another, or is not there',
  async (t) => {
    const [newest] = [site.core.peppers.newest]
    let digests = 0
    // The key of a pepper is taken once for every digest.
    const counting: Pepper = {
      number: newest.number,
      get key() {
        digests++
        return newest.key
      },
    }
    const core = createCore(site.redis, createPepperRing([counting]))
    await openSite(core)
    const countOf = async (text: string): Promise<readonly [number, boolean]> => {
      digests = 0
      const { active } = await core.verifier.verify(text, ['session', 'session-key'])
      return [digests, active]
    }
    t.strictSame(await countOf(ada.cookie), [1, true], 'the cookie')
    t.strictSame(await countOf(key.secret), [1, true], 'the key')
    for (const [why, text] of [...Object.entries(cookies), ...Object.entries(keys)]) {
      t.strictSame(await countOf(text), [1, false], why)
    }
  },
)

site.test('a digest that somebody planted or copied verifies nothing', async (t) => {
  const victim = await site.cookieSession('grace')
  const { server } = site
  const planted = makeId()
  const record = await server.command('HGET', hashOf(ada.id), `key:${keyId}`)
  await server.command('HSET', hashOf(victim.id), `key:${planted}`, String(record))
  const [graceId, graceSession] = [victim.id.slice(0, 8), victim.id.slice(8)]
  for (const text of [
    key.secret,
    made('session-key', { user: graceId, session: graceSession, key: planted }),
    key.secret.replace(key.id, victim.id + planted),
  ]) {
    const verdict = await verify(site, site.first, text)
    t.not(verdict.user?.name, 'grace')
  }
  const text = JSON.parse(String(await server.command('HGET', hashOf(ada.id), 'session')))
  const own = JSON.parse(String(await server.command('HGET', hashOf(victim.id), 'session')))
  const copied = JSON.stringify({ ...own, digest: text.digest })
  await server.command('HSET', hashOf(victim.id), 'session', copied)
  t.equal((await send(site, 'GET /v1/me', ada.headers)).json().user.name, 'ada')
  assertProblem(t, await send(site, 'GET /v1/me', victim.headers), 'credential_invalid')
})
