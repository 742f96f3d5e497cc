import t from 'tap'
import { startRedis } from '../support/redis.ts'
import { type Minted, mint, startSiteOver, tryToMint, useKey } from '../support/site-over.ts'
import { until } from '../support/until.ts'

t.test('Redis killed while 16 writers mint and 4 revoke: what was acknowledged holds', async (t) => {
  const server = await startRedis(t)
  const site = await startSiteOver(t, server, { redis: { readDeadlineMs: 1_000, writeDeadlineMs: 1_000 } })
  const { app } = site.instance
  const minted: Minted[] = []
  const revoked: Minted[] = []
  const doubtful: Minted[] = []

  for (let round = 1; round <= 3; round++) {
    let isOver = false
    const mintOn = async (user: string): Promise<void> => {
      for (let count = 0; !isOver; count++) {
        const outcome = await tryToMint(site, `${user}-${round}-${Math.floor(count / 50)}`)
        if (typeof outcome === 'string') return
        minted.push(outcome)
      }
    }
    const victims = await Promise.all(
      Array.from({ length: 80 }, (_, index) => mint(site, `victim-${round}-${index % 8}`)),
    )
    const revokeOn = async (): Promise<void> => {
      for (let key = victims.pop(); key !== undefined && !isOver; key = victims.pop()) {
        const url = `/v1/admin/api-keys/${key.id}`
        const answer = await app.inject({ method: 'DELETE', url, headers: site.first })
        ;(answer.statusCode === 204 ? revoked : doubtful).push(key)
      }
    }
    const before = minted.length
    const writers = Array.from({ length: 16 }, (_, index) => mintOn(`writer-${index}`))
    const revokers = Array.from({ length: 4 }, revokeOn)
    await until('enough was written', () => minted.length >= before + 100)
    await server.kill()
    await Promise.all([...writers, ...revokers])
    isOver = true
    await server.restart()
    await until('it serves again', () => site.instance.redis.isReady)

    const other = await site.another()
    for (const instance of [site.instance, other]) {
      const uses = await Promise.all(minted.map((key) => useKey(instance, key)))
      t.same(count(uses), { 200: minted.length }, `round ${round}: every acknowledged key verifies`)
      const refusals = await Promise.all(revoked.map((key) => useKey(instance, key)))
      t.same(
        count(refusals),
        { '401 credential_invalid': revoked.length },
        `round ${round}: every acknowledged revocation stands`,
      )
      const others = await Promise.all(doubtful.map((key) => useKey(instance, key)))
      t.ok(
        others.every((use) => use === '200' || use === '401 credential_invalid'),
        'and no key is in between',
      )
    }
    t.ok(revoked.length >= round, 'something was revoked in every round')
    await other.close()
  }
})

t.test('a site-wide and a user-wide revocation survive a killed Redis', async (t) => {
  const server = await startRedis(t)
  const site = await startSiteOver(t, server)
  const { app } = site.instance
  const revoke = async (payload: object): Promise<void> => {
    const url = '/v1/admin/api-keys/revoke'
    const answer = await app.inject({ method: 'POST', url, headers: site.first, payload })
    t.equal(answer.statusCode, 200)
    await server.kill()
    await server.restart()
    await until('it serves again', () => site.instance.redis.isReady)
  }
  const ada = [await mint(site, 'ada'), await mint(site, 'ada')]
  const bob = await mint(site, 'bob')
  await revoke({ user: 'ada' })
  for (const key of ada) t.equal(await useKey(site.instance, key), '401 credential_invalid')
  t.equal(await useKey(site.instance, bob), '200', "another user's key goes on")
  await revoke({ all: true, site: 'Latchkey' })
  t.equal(await useKey(site.instance, bob), '401 credential_invalid')
  t.equal(await useKey(site.instance, await mint(site, 'bob')), '200')
})

function count(answers: readonly string[]): Readonly<Record<string, number>> {
  const groups = Object.entries(Object.groupBy(answers, (answer) => answer))
  return Object.fromEntries(groups.map(([answer, same = []]) => [answer, same.length]))
}
