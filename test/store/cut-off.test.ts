// The connection to Redis is cut at every step of a change: before Redis sees what is sent, and before its answer arrives.
// Whatever the caller was told, the change and its one audit event are both there or both not.

import t from 'tap'
import { openSite } from '../../domain/site.ts'
import type { AuditEvent } from '../../store/audit.ts'
import { auditEvents } from '../routes/evidence.ts'
import { startRedisProxy } from '../support/redis-proxy.ts'
import { basic, startInstance, startSite } from '../support/site.ts'
import { until } from '../support/until.ts'

const site = await startSite(t)
const proxy = await startRedisProxy(t, site.server.socketPath)
const cut = await startInstance(t, { url: proxy.url, redis: { readDeadlineMs: 200, writeDeadlineMs: 200 } })
await until('it connects', () => cut.redis.isReady)
await openSite(cut.core)
await cut.app.ready()
await site.app.inject({
  method: 'PUT',
  url: '/v1/settings',
  headers: site.first,
  payload: { sessionKeysAllowed: true },
})

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

async function send(app: typeof site.app, method: Method, url: string, payload?: object) {
  return await app.inject({ method, url, headers: site.first, ...(payload === undefined ? {} : { payload }) })
}

interface Change {
  readonly action: AuditEvent['action']
  /** Makes something new to change. @returns the request, whether the change is there, and whose event tells of it */
  prepare(user: string): Promise<{
    readonly request: readonly [Method, string, object?]
    readonly isDone: () => Promise<boolean>
    readonly subject: string
  }>
}

const direct = async (method: Method, url: string, payload?: object) =>
  await send(site.app, method, url, payload)

const changes: readonly Change[] = [
  {
    action: 'api-key.minted',
    prepare: async (user) => ({
      request: ['POST', `/v1/users/${user}/api-keys`, {}],
      // A key that could not be read back is undone: that is a change of its own, with an event of its own.
      isDone: async () => {
        const { items } = (await direct('GET', `/v1/admin/api-keys?user=${user}`)).json()
        const undone = (await auditEvents(site.server, 'api-key.revoked')).filter(
          ({ subject }) => subject === user,
        )
        return items.length + undone.length === 1
      },
      subject: user,
    }),
  },
  {
    action: 'api-key.revoked',
    prepare: async (user) => {
      const key = await site.mint(user)
      const me = async () => await site.app.inject({ url: '/v1/me', headers: basic('apikey', key.secret) })
      return {
        request: ['DELETE', `/v1/admin/api-keys/${key.id}`],
        isDone: async () => (await me()).statusCode === 401,
        subject: user,
      }
    },
  },
  {
    action: 'api-keys.revoked',
    prepare: async (user) => {
      const key = await site.mint(user)
      const me = async () => await site.app.inject({ url: '/v1/me', headers: basic('apikey', key.secret) })
      return {
        request: ['POST', '/v1/admin/api-keys/revoke', { user }],
        isDone: async () => (await me()).statusCode === 401,
        subject: user,
      }
    },
  },
  {
    action: 'user.changed',
    prepare: async (user) => {
      await site.mint(user)
      return {
        request: ['PATCH', `/v1/admin/users/${user}`, { groups: ['changed'] }],
        isDone: async () => (await direct('GET', `/v1/admin/users/${user}`)).json().groups.length === 1,
        subject: user,
      }
    },
  },
  {
    action: 'user.deleted',
    prepare: async (user) => {
      await site.mint(user)
      return {
        request: ['DELETE', `/v1/admin/users/${user}`],
        isDone: async () => (await direct('GET', `/v1/admin/users/${user}`)).statusCode === 404,
        subject: user,
      }
    },
  },
  {
    action: 'service.added',
    prepare: async (user) => ({
      request: ['POST', '/v1/admin/services', { name: user, permissions: ['verify'] }],
      isDone: async () => (await direct('GET', `/v1/admin/services/${user}`)).statusCode === 200,
      subject: user,
    }),
  },
  {
    action: 'service.removed',
    prepare: async (user) => {
      await direct('POST', '/v1/admin/services', { name: user, permissions: ['verify'] })
      return {
        request: ['DELETE', `/v1/admin/services/${user}`],
        isDone: async () => (await direct('GET', `/v1/admin/services/${user}`)).statusCode === 404,
        subject: user,
      }
    },
  },
  {
    action: 'settings.changed',
    prepare: async (user) => ({
      request: ['PUT', '/v1/settings', { siteName: user }],
      isDone: async () => (await direct('GET', '/v1/settings')).json().siteName === user,
      subject: user,
    }),
  },
  {
    action: 'session.opened',
    prepare: async (user) => ({
      request: ['POST', `/v1/users/${user}/sessions`, {}],
      isDone: async () => {
        const answer = await direct('GET', `/v1/users/${user}/sessions`)
        return answer.statusCode === 200 && answer.json().items.length === 1
      },
      subject: user,
    }),
  },
  {
    action: 'session.ended',
    prepare: async (user) => {
      const { id } = (await direct('POST', `/v1/users/${user}/sessions`, {})).json()
      return {
        request: ['DELETE', `/v1/sessions/${id}`],
        isDone: async () => (await direct('GET', `/v1/sessions/${id}`)).statusCode === 404,
        subject: user,
      }
    },
  },
]

for (const { action, prepare } of changes) {
  t.test(
    `threat 43: ${action}, cut off at every step, is there with its one event or not at all`,
    async (t) => {
      for (const mode of ['reset', 'deaf'] as const) {
        let step = 1
        let isFinished = false
        for (let round = 0; round < 100 && !isFinished; round++) {
          const user = `${action.replaceAll(/[^a-z]/g, '')}-${mode}-${round}`
          const { request, isDone, subject } = await prepare(user)
          await until('both connections are there', () => cut.redis.isReady)
          let sent = 0
          let isCut = false
          proxy.onSent = () => {
            sent++
            if (sent !== step) return
            isCut = true
            proxy.mode = mode
          }
          const { statusCode } = await send(cut.app, ...request)
          proxy.onSent = () => {}
          proxy.mode = 'pass'
          const events = (await auditEvents(site.server, action)).filter((event) => event.subject === subject)
          const isThere = await isDone()
          t.equal(
            events.length,
            isThere ? 1 : 0,
            `${mode} at step ${step}: ${statusCode}, ${isThere ? 'done' : 'not done'}`,
          )
          if (statusCode < 300) t.ok(isThere, 'what was acknowledged is there')
          // A connection that is still being made anew may fail the request before its step: the step is tried again.
          if (isCut) step++
          else isFinished = statusCode < 300
        }
        t.ok(isFinished && step > 2, `${mode}: cut off at ${step - 1} steps, and then it passed`)
      }
    },
  )
}
