// How long sessions live: by Redis' own time to live, without anybody who sweeps.

import t from 'tap'
import { send, until, verify } from '../routes/evidence.ts'
import { hashOf, lifeLeft, sessionHashes, startSessionSite, touchedAt } from '../support/session-site.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** What may pass between two commands of a test. */
const slackMs = 30_000

const site = await startSessionSite(t)
const { server } = site

site.test(
  'a session is one Redis key that lives for the shorter of idle timeout and what is left',
  async (t) => {
    const cases = [
      { order: {}, lifeMs: 30 * minuteMs },
      { order: { idleMinutes: 5, absoluteHours: 1 }, lifeMs: 5 * minuteMs },
      { order: { idleMinutes: 10_080, absoluteHours: 1 }, lifeMs: hourMs },
    ]
    for (const { order, lifeMs } of cases) {
      const before = await sessionHashes(server)
      const id = await site.hostSession('ada', order)
      const keys = [await site.sessionKey(id), await site.sessionKey(id)]
      const added = (await sessionHashes(server)).filter((name) => !before.includes(name))
      t.strictSame(added, [hashOf(id)], 'one name, its keys included')
      const fields = (await server.command('HKEYS', hashOf(id))) as string[]
      t.same(
        fields.toSorted(),
        [...keys.map((key) => `key:${key.id.slice(-8)}`), 'session', 'touched'].toSorted(),
      )
      const left = await lifeLeft(server, id)
      t.ok(left <= lifeMs && left > lifeMs - slackMs, `${left} of ${lifeMs} ms`)
      const shown = (await send(site, `GET /v1/sessions/${id}`, site.first)).json()
      const touched = await touchedAt(server, id)
      t.equal(shown.lastUsedAt, new Date(touched).toISOString())
      const absoluteEnd = Date.parse(shown.absoluteEnd)
      t.equal(
        Date.parse(shown.expiresAt),
        Math.min(absoluteEnd, touched + (order.idleMinutes ?? 30) * minuteMs),
      )
      t.equal(absoluteEnd - Date.parse(shown.createdAt), (order.absoluteHours ?? 12) * hourMs)
    }
  },
)

site.test('the settings give the timeouts of sessions opened from then on', async (t) => {
  const change = { sessionIdleMinutes: 7, sessionAbsoluteHours: 2 }
  t.equal((await send(site, 'PUT /v1/settings', site.first, change)).statusCode, 200)
  const id = await site.hostSession('ada')
  const left = await lifeLeft(server, id)
  t.ok(left <= 7 * minuteMs && left > 7 * minuteMs - slackMs)
  const { createdAt, absoluteEnd } = (await send(site, `GET /v1/sessions/${id}`, site.first)).json()
  t.equal(Date.parse(absoluteEnd) - Date.parse(createdAt), 2 * hourMs)
  const back = { sessionIdleMinutes: 30, sessionAbsoluteHours: 12 }
  t.equal((await send(site, 'PUT /v1/settings', site.first, back)).statusCode, 200)
  t.ok((await lifeLeft(server, id)) <= 7 * minuteMs, 'a session keeps what it was opened with')
})

site.test(
  'the idle timeout ends the session and its keys in the same instant, on every instance',
  async (t) => {
    const other = await site.anotherCore()
    const ada = await site.cookieSession('ada')
    const key = await site.sessionKey(ada.id)
    t.equal((await other.verifier.verify(key.secret)).active, true)
    await server.command('PEXPIRE', hashOf(ada.id), 1)
    await until('the end of the session', async () => ((await lifeLeft(server, ada.id)) === -2 ? true : null))

    t.match(await other.verifier.verify(key.secret), { active: false, code: 'credential_invalid' })
    t.match(await verify(site, site.first, ada.cookie), { active: false, code: 'credential_invalid' })
    t.equal((await send(site, 'GET /v1/me', key.headers)).statusCode, 401)
    t.equal((await send(site, 'GET /v1/session', ada.headers)).statusCode, 401)
    t.equal((await send(site, `GET /v1/sessions/${ada.id}`, site.first)).statusCode, 404)
    t.equal((await send(site, `POST /v1/sessions/${ada.id}/session-keys`, site.first, {})).statusCode, 404)
    const { items } = (await send(site, 'GET /v1/users/ada/sessions', site.first)).json()
    t.notOk(
      items.some(({ id }: { id: string }) => id === ada.id),
      'not listed',
    )
  },
)

site.test('the absolute end ends a session however much it is used', async (t) => {
  const id = await site.hostSession('ada', { idleMinutes: 60, absoluteHours: 1 })
  const key = await site.sessionKey(id)
  const text = String(await server.command('HGET', hashOf(id), 'session'))
  const endIn = async (ms: number): Promise<void> => {
    const [seconds] = (await server.command('TIME')) as [string]
    const absoluteEnd = Number(seconds) * 1000 + ms
    await server.command('HSET', hashOf(id), 'session', JSON.stringify({ ...JSON.parse(text), absoluteEnd }))
  }

  await endIn(10 * minuteMs)
  const touched = await send(site, `POST /v1/sessions/${id}/touch`, site.first)
  t.equal(touched.statusCode, 200)
  const { expiresAt, absoluteEnd } = touched.json()
  t.equal(expiresAt, absoluteEnd)
  const left = await lifeLeft(server, id)
  t.ok(left > 0 && left <= 10 * minuteMs, 'touching never passes the absolute end')

  // Redis still holds it: its own time to live was not shortened by this test.
  await endIn(-minuteMs)
  t.ok((await lifeLeft(server, id)) > 0)
  t.match(await verify(site, site.first, key.secret), { active: false, code: 'credential_invalid' })
  t.equal((await send(site, `POST /v1/sessions/${id}/touch`, site.first)).statusCode, 404)
  t.equal(await lifeLeft(server, id), -2, 'it is gone')
})
