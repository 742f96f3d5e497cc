/**
 * Every error leaves as an RFC 9457 problem document with a code of the catalogue, whoever threw it: our rules, the
 * validator, the body parser, the router or Node's HTTP parser. Causes go to the log, never to the wire.
 */

import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { catalogue, type ErrorCode, Problem } from '../domain/errors.ts'
import { hideCredentials } from '../domain/secret.ts'
import { type Problem as ProblemDocument, problemMediaType } from '../schemas/problem.ts'

export interface ErrorsPluginOptions {
  /** Realm of the Basic challenge. */
  readonly realm: string
}

/** Fastify's own errors; what is not here goes by its status. */
const codesOfFastify: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body_malformed',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body_malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body_malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
}

export const errorsPlugin = fp<ErrorsPluginOptions>(
  async (app, { realm }) => {
    app.decorateRequest('problemCode', null)
    app.decorate('asProblem', asProblem)
    app.setErrorHandler((error, request, reply) =>
      sendProblem(asProblem(error as FastifyError), realm, request, reply),
    )
    app.setNotFoundHandler((request, reply) => sendProblem(new Problem('not_found'), realm, request, reply))
  },
  { name: 'errors', fastify: '5.x' },
)

declare module 'fastify' {
  interface FastifyInstance {
    /** Whatever was thrown, as a problem of the catalogue: for scopes that show problems in a form of their own. */
    asProblem(error: FastifyError): Problem
  }
  interface FastifyRequest {
    /** Code of the problem that was answered, for the access log. */
    problemCode: ErrorCode | null
  }
}

/** For errors before routing (Fastify's `frameworkErrors`). No hook runs for them: the line of the access log is written here. */
export function handleRoutingError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const problem = asProblem(error)
  const { status, code } = problem
  const line = {
    method: request.method,
    route: null,
    status,
    address: request.ip,
    user: null,
    id: null,
    code,
  }
  request.log.info(line, 'request')
  reply.code(problem.status).type(problemMediaType)
  // There is no route yet and so no serializer.
  reply.send(JSON.stringify(documentOf(problem)))
}

/** For errors of Node's HTTP parser (Fastify's `clientErrorHandler`): there is no request and no reply, just a socket. */
export function handleClientError(this: FastifyInstance, error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const codes: Readonly<Record<string, ErrorCode>> = {
    HPE_HEADER_OVERFLOW: 'headers_too_large',
    ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  }
  const problem = new Problem(codes[error.code ?? ''] ?? 'request_invalid')
  const body = JSON.stringify(documentOf(problem))
  const head = `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: ${problemMediaType}\r\n`
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}

function asProblem(error: FastifyError): Problem {
  if (error instanceof Problem) return error
  if (error.validation !== undefined)
    return new Problem('request_invalid', { detail: validationDetail(error) })
  const code = codesOfFastify[error.code]
  if (code !== undefined) return new Problem(code, { cause: error })
  const status = error.statusCode ?? 500
  // A JSON text that secure-json-parse refuses (`__proto__`, threat 17) has a status and no code.
  if (error instanceof SyntaxError && status === 400) return new Problem('body_malformed', { cause: error })
  if (status >= 400 && status < 500) return new Problem('request_invalid', { cause: error })
  return new Problem('internal_error', { cause: error })
}

/** What is wrong, where; never the value. */
function validationDetail(error: FastifyError): string {
  const [first] = error.validation ?? []
  const place = `${error.validationContext ?? 'request'}${first?.instancePath ?? ''}`
  const unknown = first?.params.additionalProperty
  const named = typeof unknown === 'string' ? `: "${unknown.slice(0, 64)}"` : ''
  return hideCredentials(`${place} ${first?.message ?? 'is not valid'}${named}.`)
}

function sendProblem(
  problem: Problem,
  realm: string,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  request.problemCode = problem.code
  if (problem.status >= 500)
    request.log.error({ code: problem.code, err: problem.cause ?? problem }, problem.title)
  if (problem.status === 401) reply.header('www-authenticate', `Basic realm="${realm}", charset="UTF-8"`)
  if (problem.retryAfterSeconds !== null) reply.header('retry-after', String(problem.retryAfterSeconds))
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type(problemMediaType)
    .send(documentOf(problem))
}

function documentOf({ code, detail }: Problem): ProblemDocument {
  const { status, title } = catalogue[code]
  return { type: `urn:latchkey:problem:${code}`, title, status, detail, code }
}
