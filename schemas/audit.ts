/**
 * The audit log on the wire: its query, its events, its page.
 */
import { type Static, Type } from 'typebox'
import { ListFormat, ref, Time } from './common.ts'

/** RFC 3339 §5.6. The format alone would let pass what JavaScript cannot read. */
const rfc3339 = '^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?([Zz]|[+-]\\d{2}:\\d{2})$'

const moment = (description: string, example: string) =>
  Type.Optional(
    Type.String({ format: 'date-time', pattern: rfc3339, maxLength: 35, description, examples: [example] }),
  )

// Without `default`: a value that was given has to be told from one that was not (CSV and following take fewer).
export const AuditQuery = Type.Object(
  {
    actor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          'Only what this user or service did, also while impersonating somebody: the name, to the letter.',
        examples: ['ada@example.org'],
      }),
    ),
    subject: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: 'Only what was done to this user, service or site: the name, to the letter.',
        examples: ['ada@example.org'],
      }),
    ),
    action: Type.Optional(
      Type.String({
        maxLength: 64,
        pattern: '^[a-z]+(-[a-z]+)*(\\.[a-z]+(-[a-z]+)*)?$',
        description: 'Only this action, such as `api-key.revoked`, or all of a noun, such as `api-key`.',
        examples: ['api-key.revoked'],
      }),
    ),
    from: moment('At this time or later. With an offset: write its `+` as `%2B`.', '2026-11-01T00:00:00Z'),
    to: moment('Before this time.', '2026-12-01T00:00:00Z'),
    order: Type.Optional(
      Type.Unsafe<'asc' | 'desc'>({
        type: 'string',
        enum: ['desc', 'asc'],
        description: 'Newest first (`desc`, unless said otherwise) or oldest first (`asc`).',
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 500,
        description: 'Events a page; 100 unless said otherwise. JSON only.',
        examples: [100],
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description: '`nextCursor` of the page before, with the same `order`. JSON only.',
      }),
    ),
    format: Type.Optional(ListFormat),
    follow: Type.Optional(
      Type.Boolean({ description: 'true: go on with events as they come, as application/x-ndjson.' }),
    ),
  },
  { additionalProperties: false },
)
export type AuditQuery = Static<typeof AuditQuery>

export const AuditEvent = Type.Object(
  {
    id: Type.String({
      description:
        'Names the event for ever: time and number from Redis, and the part of the log it lies in.',
      examples: ['1795471200000-0-A'],
    }),
    at: Time,
    action: Type.String({ description: '`<noun>.<past verb>`', examples: ['api-key.minted'] }),
    actor: Type.Object(
      {
        kind: Type.Unsafe<'user' | 'service' | 'system'>({
          type: 'string',
          enum: ['user', 'service', 'system'],
        }),
        name: Type.String({ examples: ['gateway'] }),
        id: Type.String({
          description: 'Public id of the credential; the name again for services.',
          examples: ['gateway'],
        }),
        impersonator: Type.Optional(
          Type.String({
            description: 'The user who did it while impersonating; `name` is whom they acted as.',
            examples: ['root@example.org'],
          }),
        ),
      },
      { description: 'Who did it.' },
    ),
    subject: Type.String({
      description: 'Whom or what it was done to: the name of a user, a service or the site, or a public id.',
      examples: ['ada@example.org'],
    }),
    address: Type.String({
      description: 'From where; empty for the server itself.',
      examples: ['192.0.2.7'],
    }),
    details: Type.Record(Type.String(), Type.Unknown(), {
      description: 'What more there is to say, depending on the action. Never a secret, never a digest.',
      examples: [{ id: 'Ab3dEf6hIj9lMn2p', number: 42, expiresAtMs: null }],
    }),
  },
  { $id: 'AuditEvent', description: 'A change, a sign-in or a refused sign-in.' },
)
export type AuditEvent = Static<typeof AuditEvent>

export const AuditPage = Type.Object(
  {
    items: Type.Array(ref(AuditEvent)),
    nextCursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description:
        'Where the next page begins; null: this is all there is by now. One request examines at most 5,000 events: a ' +
        'short page, even an empty one, with a cursor means "go on".',
    }),
  },
  { $id: 'AuditPage' },
)
export type AuditPage = Static<typeof AuditPage>
