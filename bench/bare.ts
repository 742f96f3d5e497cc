// What the service is compared with: the least that a Fastify route can do to know a caller by a key in Redis. It
// parses Basic, takes the key's SHA-256, reads one record by one autopipelined GET, and answers a JSON of the size of
// ours through a response schema. No hook, no expiry, no revocation of all keys, no strictness, no challenge.
// With BARE_LOG=on it writes one line a request, as ours does, and is the fairer comparison.

import { fastify, LogController } from 'fastify'
import { Redis } from 'ioredis'
import { createLog } from '../logger.ts'
import { type BareRecord, bareName } from './bare-record.ts'

const string = { type: 'string' } as const
const strings = { type: 'array', items: string } as const
const answer = {
  type: 'object',
  properties: {
    active: { type: 'boolean' },
    kind: string,
    id: string,
    user: { type: 'object', properties: { id: string, name: string, roles: strings, groups: strings } },
    expiresAt: { type: ['string', 'null'] },
  },
} as const

await serve(process.env.BARE_LOG === 'on')

async function serve(isLogging: boolean): Promise<void> {
  const redis = new Redis(process.env.REDIS_URL?.slice('unix:'.length) ?? '', { enableAutoPipelining: true })
  const logging = {
    loggerInstance: createLog('info').logger,
    logController: new LogController({ disableRequestLogging: true }),
  }
  const app = fastify(isLogging ? logging : { logger: false })
  if (isLogging) {
    app.addHook('onResponse', (request, reply, done) => {
      const { method, routeOptions, ip } = request
      const line = {
        method,
        route: routeOptions.url,
        status: reply.statusCode,
        ms: reply.elapsedTime,
        address: ip,
      }
      request.log.info(line, 'request')
      done()
    })
  }
  app.get(
    '/v1/me',
    { schema: { response: { 200: answer, 401: { type: 'null' } } } },
    async (request, reply) => {
      const userPass = Buffer.from(
        request.headers.authorization?.slice('Basic '.length) ?? '',
        'base64',
      ).toString()
      const text = await redis.get(bareName(userPass.slice(userPass.indexOf(':') + 1)))
      if (text === null) return reply.code(401).send(null)
      const { id, user }: BareRecord = JSON.parse(text)
      return { active: true, kind: 'api-key', id, user, expiresAt: null }
    },
  )
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
}
