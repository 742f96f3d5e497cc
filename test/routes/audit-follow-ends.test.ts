import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { auditEvent, callsOf, plantCrowd } from '../support/audit-events.ts'
import { askAudit } from '../support/audit-requests.ts'
import { ask, follow } from '../support/follower.ts'
import { startSite, type TestSite } from '../support/site.ts'
import { until } from '../support/until.ts'

async function administratorsKey(site: TestSite) {
  const key = await site.mint('root@example.org')
  const patched = await site.app.inject({
    method: 'PATCH',
    url: '/v1/admin/users/root%40example.org',
    headers: site.first,
    payload: { roles: ['user', 'admin'] },
  })
  if (patched.statusCode !== 200) throw new Error(patched.body)
  return key
}

t.test('a revoked key follows no further: what comes after its revocation is not shown', async (t) => {
  const site = await startSite(t)
  const key = await administratorsKey(site)
  const follower = await follow(t, await site.listen(), key.headers)
  const url = `/v1/admin/api-keys/${key.id}`
  t.equal((await site.app.inject({ method: 'DELETE', url, headers: site.first })).statusCode, 204)
  await site.mint('later@example.org')
  t.equal(await follower.ended, 'end')
  t.same(follower.events, [])
})

t.test('who is no administrator any more follows no further', async (t) => {
  const site = await startSite(t)
  const key = await administratorsKey(site)
  const follower = await follow(t, await site.listen(), key.headers)
  const patched = await site.app.inject({
    method: 'PATCH',
    url: '/v1/admin/users/root%40example.org',
    headers: site.first,
    payload: { roles: ['user'] },
  })
  t.equal(patched.statusCode, 200)
  t.equal(await follower.ended, 'end')
  t.same(follower.events, [])
})

t.test(
  '16 clients follow an instance; there is room again when one has left, and each is in the access log',
  async (t) => {
    const site = await startSite(t)
    const address = await site.listen()
    const followers = await Promise.all(
      Array.from({ length: 16 }, async () => await follow(t, address, site.first)),
    )
    t.ok(followers.every(({ status }) => status === 200))
    const refused = await askAudit(site, { follow: 'true' }, { accept: 'application/x-ndjson' })
    t.match([refused.statusCode, refused.json().code], [429, 'too_many_followers'])
    t.match(refused.headers['content-type'], /^application\/problem\+json/)
    t.equal((await askAudit(site)).statusCode, 200, 'the list is not concerned')
    const head = { method: 'HEAD', url: '/v1/admin/audit?follow=true', headers: site.first } as const
    t.equal((await site.app.inject(head)).statusCode, 200, 'nor is HEAD, which follows nothing')

    const cutOff = () =>
      site.logged.filter((line) => line.includes('"cutOff":true')).map((line) => JSON.parse(line))
    t.same(cutOff(), [])
    followers[3]?.leave()
    await until('a new one is let in', async () => (await follow(t, address, site.first)).status === 200)
    t.match(cutOff(), [{ route: '/v1/admin/audit', service: 'first', status: 200, address: '127.0.0.1' }])
  },
)

t.test('nobody looks any more when the last follower has left', async (t) => {
  const site = await startSite(t)
  const follower = await follow(t, await site.listen(), site.first)
  await until('it looks', async () => (await callsOf(site.server, 'xread')) > 0)
  follower.leave()
  await until('the request has ended', () => site.logged.some((line) => line.includes('"cutOff":true')))
  const looks = await callsOf(site.server, 'xread')
  // Another instance's follower is the clock: it looks three times.
  const other = await site.another()
  await follow(t, await other.listen(), site.first)
  let mine = 0
  await until('the other looked', async () => {
    mine = await callsOf(site.server, 'xread')
    return mine >= looks + 3
  })
  await plantCrowd(site.server, { count: 1 })
  t.ok(mine <= looks + 4)
})

t.test('closing the app ends its followers, also one that does not read', async (t) => {
  const site = await startSite(t)
  const address = await site.listen()
  const followers = [await follow(t, address, site.first), await follow(t, address, site.first)]
  const filling = auditEvent({ details: { filling: 'x'.repeat(100_000) } })
  await plantCrowd(site.server, { count: 400, firstMs: 1_700_000_000_000, event: filling })
  const connected = once(site.app.server, 'connection')
  const deaf = await ask(t, address, site.first, { from: '2023-01-01T00:00:00Z' })
  deaf.on('error', () => {})
  const [socket]: Socket[] = await connected
  let written = -1
  await until('its connection takes no more', () => {
    const earlier = written
    written = socket?.bytesWritten ?? 0
    return written === earlier && socket?.writableNeedDrain === true
  })
  await site.close()
  t.same(await Promise.all(followers.map(({ ended }) => ended)), ['end', 'end'])
  t.equal(socket?.destroyed, true)
})

t.test('Redis failing in the middle ends it', async (t) => {
  const site = await startSite(t)
  const follower = await follow(t, await site.listen(), site.first)
  await site.server.kill()
  t.equal(await follower.ended, 'cut-off')
})

t.test('a flushed database ends it', async (t) => {
  const site = await startSite(t)
  const follower = await follow(t, await site.listen(), site.first)
  await site.server.flushAll()
  t.equal(await follower.ended, 'cut-off')
})
