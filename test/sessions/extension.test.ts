// What extends a session and what does not: the use of its cookie does, seldom; the use of its keys never does; and
// nothing brings an ended session back.

import t, { type Test } from 'tap'
import { endSession, touchWhenDue } from '../../domain/sessions.ts'
import { send, stateOf } from '../routes/evidence.ts'
import {
  callerBy,
  hashOf,
  lastUsedBefore,
  lifeLeft,
  startSessionSite,
  testOrigin,
  touchedAt,
} from '../support/session-site.ts'

const minuteMs = 60_000

const site = await startSessionSite(t)
const { server } = site

/** The session was not used for so long; its idle timeout has as much less to run. */
async function unusedFor(session: string, ms: number, idleMs: number): Promise<number> {
  await lastUsedBefore(server, session, ms)
  await server.command('PEXPIRE', hashOf(session), idleMs - ms)
  return await touchedAt(server, session)
}

/** Nobody waits for an extension, but it is done once a later command on the same connection is answered. */
async function whatWasSentIsDone(): Promise<void> {
  await site.redis.write('echo', 'done')
}

async function assertExtended(t: Test, session: string, before: number, idleMs: number): Promise<void> {
  await whatWasSentIsDone()
  t.ok((await touchedAt(server, session)) > before, 'the use is noted')
  t.ok((await lifeLeft(server, session)) > idleMs - 30_000, 'the idle timeout begins anew')
}

async function assertUntouched(t: Test, session: string, before: number, mostMs: number): Promise<void> {
  await whatWasSentIsDone()
  t.equal(await touchedAt(server, session), before, 'nothing is written')
  t.ok((await lifeLeft(server, session)) <= mostMs, 'the idle timeout runs on')
}

site.test('the use of the cookie extends the session, at most once a minute', async (t) => {
  const idleMs = 30 * minuteMs
  const { id, headers } = await site.cookieSession('ada')
  const opened = await touchedAt(server, id)
  t.equal((await send(site, 'GET /v1/session', headers)).statusCode, 200)
  await assertUntouched(t, id, opened, idleMs)

  const justBefore = await unusedFor(id, 30_000, idleMs)
  t.equal((await send(site, 'GET /v1/me', headers)).statusCode, 200)
  await assertUntouched(t, id, justBefore, idleMs - 30_000)

  const before = await unusedFor(id, 62_000, idleMs)
  t.equal((await send(site, 'GET /v1/me', headers)).statusCode, 200)
  await assertExtended(t, id, before, idleMs)
  const after = await touchedAt(server, id)
  t.equal((await send(site, 'GET /v1/me', headers)).statusCode, 200)
  await assertUntouched(t, id, after, idleMs)
})

site.test('with a short idle timeout the cookie extends four times in it', async (t) => {
  const { id, headers } = await site.cookieSession('ada', ['user'], { idleMinutes: 1 })
  const early = await unusedFor(id, 5_000, minuteMs)
  await send(site, 'GET /v1/me', headers)
  await assertUntouched(t, id, early, minuteMs - 5_000)
  const due = await unusedFor(id, 17_000, minuteMs)
  await send(site, 'GET /v1/me', headers)
  await assertExtended(t, id, due, minuteMs)
})

site.test('the use of the cookie never extends past the absolute end', async (t) => {
  const { id, headers } = await site.cookieSession('ada', ['user'], { idleMinutes: 10_080, absoluteHours: 1 })
  const before = await unusedFor(id, 10 * minuteMs, 20 * minuteMs)
  const answer = await send(site, 'GET /v1/session', headers)
  t.equal(answer.json().expiresAt, answer.json().absoluteEnd)
  await whatWasSentIsDone()
  t.ok((await touchedAt(server, id)) > before, 'the use is noted')
  const left = await lifeLeft(server, id)
  t.ok(left > 10 * minuteMs && left <= 60 * minuteMs, `${left} ms are left`)
})

site.test('the use of a session key, and of a refused cookie, extends nothing', async (t) => {
  const idleMs = 30 * minuteMs
  const { id, cookie } = await site.cookieSession('ada')
  const key = await site.sessionKey(id)
  const before = await unusedFor(id, 20 * minuteMs, idleMs)
  t.equal((await send(site, 'GET /v1/me', key.headers)).statusCode, 200)
  t.equal((await send(site, 'GET /v1/api-keys', key.headers)).statusCode, 200)
  const asked = await send(site, 'POST /v1/verify', site.first, { credential: key.secret })
  t.equal(asked.json().active, true)
  const forged = `${cookie.slice(0, -6)}000000`
  t.equal((await send(site, 'GET /v1/me', { cookie: `latchkey=${forged}` })).statusCode, 401)
  const crossSite = { cookie: `latchkey=${cookie}`, origin: 'https://evil.example' }
  t.equal((await send(site, 'DELETE /v1/session', crossSite)).statusCode, 403)
  await assertUntouched(t, id, before, 10 * minuteMs)
})

site.test('a session that has ended is not brought back by a touch, a change or a key', async (t) => {
  const { id } = await site.cookieSession('ada')
  const key = await site.sessionKey(id)
  t.equal((await send(site, `DELETE /v1/sessions/${id}`, site.first)).statusCode, 204)
  const before = await stateOf(server)
  const late = [
    await send(site, `POST /v1/sessions/${id}/touch`, site.first),
    await send(site, `PATCH /v1/sessions/${id}`, site.first, { context: { phiLevel: 'full' } }),
    await send(site, `POST /v1/sessions/${id}/session-keys`, site.first, {}),
    await send(site, `DELETE /v1/sessions/${id}`, site.first),
  ]
  for (const answer of late) {
    t.equal(answer.statusCode, 404)
    t.equal(answer.json().code, 'session_not_found')
  }
  t.equal((await send(site, 'GET /v1/me', key.headers)).statusCode, 401)
  t.strictSame(await stateOf(server), before, 'nothing is written')
})

site.test('a slow request that ends after the sign-out does not bring the session back', async (t) => {
  const { id, cookie } = await site.cookieSession('ada')
  const slow = await callerBy(site, cookie)
  await endSession(site.core, id, testOrigin)
  const before = await stateOf(server)

  await touchWhenDue(site.core, slow.session, slow.session.touchedMs + 10 * minuteMs)
  const { sessions } = site.core.stores
  const { user, id: session, record } = slow.session
  const event = { ...testOrigin, action: 'session.changed', subject: 'ada' } as const
  const key = { key: 'Key00001', record: { v: 1, d: 'digest', p: 1, n: 1, c: 1 } } as const
  t.equal(await sessions.touch(user, session, record), false)
  t.equal(await sessions.replace(user, session, slow.session, record, event), false)
  t.equal(await sessions.mintKey(user, session, slow.session, key, 20, event), 'changed')
  t.equal(await sessions.revokeKey(user, session, key.key, event), false)
  t.equal(await sessions.end(user, [session], event), 0)
  t.equal(await lifeLeft(server, id), -2)
  t.strictSame(await stateOf(server), before, 'nothing is written')
})

site.test('sessions that are ended and used at once, by cookie and by touch, are gone', async (t) => {
  const opened = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => await site.cookieSession(`crowd-${index}`)),
  )
  for (const { id } of opened) await unusedFor(id, 5 * minuteMs, 30 * minuteMs)
  const ended = await Promise.all(
    opened.map(async ({ id, headers }) => {
      const use = async () => await send(site, 'GET /v1/me', headers)
      const touch = async () => await send(site, `POST /v1/sessions/${id}/touch`, site.first)
      const [end] = await Promise.all([
        send(site, 'DELETE /v1/session', headers),
        use(),
        touch(),
        use(),
        touch(),
      ])
      return end.statusCode
    }),
  )
  await whatWasSentIsDone()
  t.strictSame(new Set(ended), new Set([204]))
  for (const { id } of opened) t.equal(await lifeLeft(server, id), -2)
})
