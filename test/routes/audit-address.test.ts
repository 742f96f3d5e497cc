import { once } from 'node:events'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import t from 'tap'
import { readPage } from '../support/audit-requests.ts'
import { startSite } from '../support/site.ts'
import { until } from '../support/until.ts'

t.test(
  'who hangs up before the answer is in the audit log and the access log with the address',
  async (t) => {
    const site = await startSite(t, { redis: { readDeadlineMs: 30_000 } })
    const key = await site.mint('ada@example.org')
    const address = await site.listen()
    const connected = once(site.app.server, 'connection')
    const arrived = once(site.app.server, 'request')
    site.server.pause()
    const url = `${address}/v1/admin/api-keys/${key.id}`
    const asked = request(url, { method: 'DELETE', headers: site.first, agent: false })
    asked.on('error', () => {})
    asked.end()
    const [socket]: Socket[] = await connected
    await arrived
    asked.destroy()
    await until('the server knows that the client has gone', () => socket?.destroyed === true)
    site.server.resume()
    const revocations = async () => (await readPage(site, { action: 'api-key.revoked' })).items
    await until('the key was revoked', async () => (await revocations()).length > 0)
    t.match(await revocations(), [{ subject: 'ada@example.org', address: '127.0.0.1' }])
    const logged = () => site.logged.filter((line) => line.includes('/v1/admin/api-keys/:id'))
    await until('it is in the access log', () => logged().length > 0)
    t.equal(logged().length, 1)
    t.match(JSON.parse(logged()[0] ?? ''), { method: 'DELETE', address: '127.0.0.1', cutOff: true })
  },
)
