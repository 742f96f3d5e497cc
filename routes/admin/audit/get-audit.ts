/** GET /v1/admin/audit: the audit log, a page at a time, as CSV, or as it grows. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import type { App } from '../../../app.ts'
import { followAuditLog } from '../../../domain/audit-follow.ts'
import { exportAuditLog, readAuditPage } from '../../../domain/audit-log.ts'
import { Problem } from '../../../domain/errors.ts'
import { AuditPage, AuditQuery } from '../../../schemas/audit.ts'
import { ref } from '../../../schemas/common.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { csvMediaType, sendCsv, wantsCsv } from '../../csv.ts'
import { preferredMediaType } from '../../media-type.ts'
import { createFollowers, followMediaType } from './followers.ts'
import {
  auditFilterOf,
  csvHeader,
  csvRows,
  exampleCsv,
  exampleLine,
  ndjsonLines,
  pageOnWire,
} from './wire.ts'

const responseContent = {
  description: 'Events: a page as JSON, all that match as CSV, or with `follow=true` one JSON object a line.',
  content: {
    'application/json': { schema: ref(AuditPage) },
    [csvMediaType]: { schema: { type: 'string', examples: [exampleCsv] } },
    [followMediaType]: { schema: { type: 'string', examples: [exampleLine] } },
  },
} as unknown as TSchema

export function getAudit(app: App): void {
  const followers = createFollowers(app)

  app.route({
    method: 'GET',
    url: '/v1/admin/audit',
    config: { access: { key: 'admin', session: 'admin', service: 'admin' } },
    schema: {
      operationId: 'getAudit',
      tags: ['administration'],
      summary: 'Read the audit log',
      description:
        'Every change, sign-in and refused sign-in: who, what, when, from where. Pages neither skip nor repeat while ' +
        'events arrive, and cost the same however long the log is.\n\n' +
        'With `Accept: text/csv` or `format=csv`: all matching events, streamed; `limit` and `cursor` are refused.\n\n' +
        'With `follow=true` and `Accept: application/x-ndjson`: events as they come, oldest first, one JSON object a line, ' +
        'beginning with those since `from` if that is given; `to`, `order`, `limit`, `cursor` and `format` are refused. An empty ' +
        'line says that following has begun; later ones, every 15 seconds of silence, that it goes on. It ends when the ' +
        'credential is no longer valid and when the server stops. At most 16 clients follow one instance.',
      querystring: AuditQuery,
      response: {
        200: responseContent,
        ...guardedProblems('request_invalid', 'cursor_invalid', 'role_missing', 'too_many_followers'),
      },
    },
    handler: async (request, reply) => {
      const { query } = request
      if (query.follow === true) return follow(request, reply, query)
      const filter = auditFilterOf(query)
      const { order = 'desc', limit = 100, cursor = null } = query
      if (wantsCsv(query, request.headers.accept)) {
        refuseWith('CSV', query, ['limit', 'cursor'])
        return await sendCsv(reply, {
          fileName: 'latchkey-audit.csv',
          header: csvHeader,
          rows: (gone) => csvRows(exportAuditLog(app.core, filter, order, gone)),
        })
      }
      return pageOnWire(await readAuditPage(app.core, filter, order, limit, cursor))
    },
  })

  function follow(request: FastifyRequest, reply: FastifyReply, query: AuditQuery): FastifyReply {
    refuseWith('follow', query, ['to', 'order', 'limit', 'cursor', 'format'])
    if (preferredMediaType(request.headers.accept, [followMediaType]) === null) {
      throw new Problem('request_invalid', {
        detail: `With follow the answer is ${followMediaType}: accept that.`,
      })
    }
    const filter = auditFilterOf(query)
    const mayGoOn = async () => await request.isStillAdmitted()
    return followers.send(reply, (gone) => ndjsonLines(followAuditLog(app.core, { filter, gone, mayGoOn })))
  }
}

function refuseWith(mode: string, query: AuditQuery, names: readonly (keyof AuditQuery)[]): void {
  const given = names.filter((name) => query[name] !== undefined)
  if (given.length > 0) {
    throw new Problem('request_invalid', { detail: `Not together with ${mode}: ${given.join(', ')}.` })
  }
}
