// With the least that Redis must allow: deploy/redis-acl.conf.

import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import t from 'tap'
import { checkRedis } from '../../store/boot-checks.ts'
import { freePort } from '../support/free-port.ts'
import { startRedis } from '../support/redis.ts'
import { startSiteOver } from '../support/site-over.ts'

const rule = readFileSync(new URL('../../deploy/redis-acl.conf', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('user latchkey'))
  .join(' ')

t.test(
  'threat 37: a Redis user that may touch only our names, with no dangerous command, is enough',
  async (t) => {
    const port = await freePort()
    const server = await startRedis(t, ['--port', String(port), '--bind', '127.0.0.1'])
    const [, name = '', ...permissions] = rule.replace('PASSWORD', 'pass').split(/\s+/)
    await server.command('acl', 'setuser', name, ...permissions)
    const url = `redis://latchkey:pass@127.0.0.1:${port}`
    const { instance, first } = await startSiteOver(t, server, { url })

    const call = async (
      method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
      path: string,
      payload?: object,
    ) => {
      const answer = await instance.app.inject({
        method,
        url: path,
        headers: first,
        ...(payload ? { payload } : {}),
      })
      t.ok(
        answer.statusCode < 300,
        `${method} ${path} ${answer.statusCode} ${answer.statusCode < 300 ? '' : answer.body}`,
      )
      return answer.statusCode === 204 ? null : answer.json()
    }
    const key = await call('POST', '/v1/users/ada@example.org/api-keys', {})
    await call('POST', '/v1/verify', { credential: key.secret })
    await instance.lastUsed.flush()
    const session = await call('POST', '/v1/users/ada@example.org/sessions', {})
    await call('POST', `/v1/sessions/${session.id}/session-keys`, {})
    await call('PATCH', `/v1/sessions/${session.id}`, { context: { phiLevel: 'full' } })
    await call('POST', `/v1/sessions/${session.id}/touch`)
    await call('GET', '/v1/users/ada@example.org/sessions')
    await call('DELETE', `/v1/sessions/${session.id}`)
    const invited = await call('POST', '/v1/admin/users', { user: 'bob@example.org' })
    await call('POST', '/v1/invitations/claim', {
      invitation: invited.invitation,
      password: 'a long enough password',
    })
    await call('POST', '/v1/session', { user: 'bob@example.org', password: 'a long enough password' })
    for (const sort of ['createdAt', 'expiresAt', 'lastUsedAt', 'user'])
      await call('GET', `/v1/admin/api-keys?sort=${sort}`)
    for (const path of ['api-keys/count', 'users', 'services', 'audit', 'audit?order=asc'])
      await call('GET', `/v1/admin/${path}`)
    await call('POST', '/v1/admin/services', { name: 'gateway', permissions: ['verify'] })
    await call('POST', '/v1/admin/services/gateway/rotate', {})
    await call('DELETE', '/v1/admin/services/gateway')
    await call('PUT', '/v1/settings', { apiKeyLifetimeDays: 30 })
    await call('GET', '/v1/settings/preview?apiKeyLifetimeDays=7')
    await call('POST', '/v1/admin/api-keys/clamp')
    await call('POST', '/v1/admin/api-keys/revoke', { user: 'ada@example.org' })
    await call('POST', '/v1/admin/api-keys/revoke', { all: true, site: 'Latchkey' })
    await call('DELETE', '/v1/admin/users/bob@example.org')
    t.same((await checkRedis(instance.redis)).unsafe, [], 'the checks at boot can see the settings')

    const asUser = new Redis(url)
    t.teardown(() => asUser.disconnect())
    for (const forbidden of [
      ['flushall'],
      ['keys', '*'],
      ['config', 'set', 'appendonly', 'no'],
      ['get', 'other'],
      ['shutdown'],
    ]) {
      const [command = '', ...args] = forbidden
      await t.rejects(asUser.call(command, ...args), /NOPERM/, forbidden.join(' '))
    }
  },
)
