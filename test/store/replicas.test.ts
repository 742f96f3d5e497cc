// What a replica knows when it takes over, and what a restored backup brings back.

import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../support/free-port.ts'
import { startRedis } from '../support/redis.ts'
import { basic } from '../support/site.ts'
import { startSiteOver } from '../support/site-over.ts'
import { until } from '../support/until.ts'

t.test(
  'threat 34: a replica that takes over under load has forgotten no acknowledged revocation and no key',
  async (t) => {
    const port = await freePort()
    const primary = await startRedis(t, ['--port', String(port), '--bind', '127.0.0.1'])
    const replica = await startRedis(t, ['--replicaof', '127.0.0.1', String(port)])
    await until('the replica is in step', async () =>
      String(await replica.command('info', 'replication')).includes('master_link_status:up'),
    )
    const { instance, first, another } = await startSiteOver(t, primary, { redis: { replicas: 1 } })

    const minted: { id: string; secret: string }[] = []
    const revoked = new Set<string>()
    /** Whose revocation was asked for and not acknowledged: either is right. */
    const undecided = new Set<string>()
    let isOver = false
    const writer = async (number: number): Promise<void> => {
      while (!isOver) {
        const url = `/v1/users/user${number}@example.org/api-keys`
        const mint = await instance.app.inject({ method: 'POST', url, headers: first, payload: {} })
        if (mint.statusCode !== 201) continue
        const key = mint.json()
        minted.push({ id: key.id, secret: key.secret })
        if (minted.length % 2 === 0) continue
        const gone = await instance.app.inject({
          method: 'DELETE',
          url: `/v1/admin/api-keys/${key.id}`,
          headers: first,
        })
        if (gone.statusCode === 204) revoked.add(key.id)
        else undecided.add(key.id)
      }
    }
    const writers = Array.from({ length: 8 }, (_, number) => writer(number))
    await until(
      'there is something to forget',
      () => revoked.size >= 40 && minted.length - revoked.size >= 20,
    )
    await primary.kill()
    isOver = true
    await Promise.all(writers)
    await replica.command('replicaof', 'no', 'one')

    const after = await another({ url: replica.url })
    const decided = minted.filter(({ id }) => !undecided.has(id))
    let refused = 0
    let verified = 0
    for (const { id, secret } of decided) {
      const { statusCode } = await after.app.inject({ url: '/v1/me', headers: basic('apikey', secret) })
      if (revoked.has(id)) refused += statusCode === 401 ? 1 : 0
      else verified += statusCode === 200 ? 1 : 0
    }
    t.equal(refused, revoked.size, `${revoked.size} acknowledged revocations are final`)
    t.equal(verified, decided.length - revoked.size, 'every other acknowledged key verifies')
  },
)

t.test(
  'threat 36: a restored backup brings a revoked key back, and revoking all on the site ends it',
  async (t) => {
    const server = await startRedis(t)
    const { instance, first, another } = await startSiteOver(t, server)
    const url = '/v1/users/ada@example.org/api-keys'
    const key = (await instance.app.inject({ method: 'POST', url, headers: first, payload: {} })).json()
    const files = join(server.folder, 'appendonlydir')
    const backup = `${files}.backup`
    await server.stop()
    await cp(files, backup, { recursive: true })
    await server.restart()
    await until('it is back', () => instance.redis.isReady)
    const me = async (app = instance.app) =>
      (await app.inject({ url: '/v1/me', headers: basic('apikey', key.secret) })).statusCode
    const revoke = { method: 'DELETE', url: `/v1/admin/api-keys/${key.id}`, headers: first } as const
    t.equal((await instance.app.inject(revoke)).statusCode, 204)
    t.equal(await me(), 401)

    await server.stop()
    await rm(files, { recursive: true })
    await cp(backup, files, { recursive: true })
    await server.restart()
    const restored = await another()
    t.equal(await me(restored.app), 200, 'why a restored backup needs the next step')
    const all = await restored.app.inject({
      method: 'POST',
      url: '/v1/admin/api-keys/revoke',
      headers: first,
      payload: { all: true, site: 'Latchkey' },
    })
    t.equal(all.statusCode, 200)
    t.equal(await me(restored.app), 401)
  },
)
