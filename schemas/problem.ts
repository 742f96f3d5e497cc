/**
 * Errors on the wire: RFC 9457 problem documents, and the responses that a route declares.
 */
import { type Static, type TSchema, Type } from 'typebox'
import { catalogue, type ErrorCode } from '../domain/errors.ts'
import { ref } from './common.ts'

export const Problem = Type.Object(
  {
    type: Type.String({ examples: ['urn:latchkey:problem:credential_invalid'] }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What to check or do. Never holds a secret.' }),
    code: Type.Unsafe<ErrorCode>({
      type: 'string',
      enum: Object.keys(catalogue),
      description: 'Permanent: branch on this, not on the words.',
    }),
  },
  { $id: 'Problem', description: 'RFC 9457 problem document.' },
)
export type Problem = Static<typeof Problem>

export const problemMediaType = 'application/problem+json'

/** Declares one answer per status of the given codes, besides those every route can give. */
export function problems(...codes: readonly ErrorCode[]): Record<number, TSchema> {
  const everywhere: readonly ErrorCode[] = ['headers_too_large', 'internal_error', 'redis_unavailable']
  return declare([...codes, ...everywhere])
}

/** The problems of a route that takes a credential, besides its own. */
export function guardedProblems(...codes: readonly ErrorCode[]): Record<number, TSchema> {
  return problems('credential_invalid', 'permission_missing', ...codes)
}

/** The problems of a write, besides its own: a body may come with any of them, asked for or not, and is looked at. */
export function writeProblems(...codes: readonly ErrorCode[]): Record<number, TSchema> {
  return guardedProblems('request_invalid', 'body_too_large', 'media_type_unsupported', ...codes)
}

const responseHeaders: Readonly<Record<number, object>> = {
  401: { 'WWW-Authenticate': { type: 'string', examples: ['Basic realm="Latchkey", charset="UTF-8"'] } },
  503: { 'Retry-After': { type: 'integer', description: 'Seconds.', examples: [1] } },
}

function declare(codes: readonly ErrorCode[]): Record<number, TSchema> {
  const statuses = [...new Set(codes.map((code) => catalogue[code].status))].sort(
    (left, right) => left - right,
  )
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: titlesOf(status, codes),
        ...(responseHeaders[status] ? { headers: responseHeaders[status] } : {}),
        content: { [problemMediaType]: { schema: ref(Problem) } },
      } as TSchema,
    ]),
  )
}

function titlesOf(status: number, codes: readonly ErrorCode[]): string {
  return codes
    .filter((code, index) => catalogue[code].status === status && codes.indexOf(code) === index)
    .map((code) => `${catalogue[code].title} (\`${code}\`)`)
    .join('; ')
}
