/**
 * The administrators' list of all API keys on the wire: its query, its page, its count; and the preview of a policy.
 */
import { type Static, Type } from 'typebox'
import { ApiKey } from './api-key.ts'
import { filterMembers } from './api-key-filter.ts'
import { ListFormat, ref } from './common.ts'

export const ApiKeyFilterQuery = Type.Object(filterMembers, { additionalProperties: false })
export type ApiKeyFilterQuery = Static<typeof ApiKeyFilterQuery>

export const ApiKeyListQuery = Type.Object(
  {
    ...filterMembers,
    sort: Type.Optional(
      Type.Unsafe<'createdAt' | 'expiresAt' | 'lastUsedAt' | 'user'>({
        type: 'string',
        enum: ['createdAt', 'expiresAt', 'lastUsedAt', 'user'],
        default: 'createdAt',
        description: 'Never used counts as longest ago, never expiring as latest.',
      }),
    ),
    order: Type.Optional(
      Type.Unsafe<'asc' | 'desc'>({ type: 'string', enum: ['asc', 'desc'], default: 'desc' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 2048, description: '`nextCursor` of the page before.' })),
    format: Type.Optional(ListFormat),
  },
  { additionalProperties: false },
)
export type ApiKeyListQuery = Static<typeof ApiKeyListQuery>

export const ApiKeyPage = Type.Object(
  {
    items: Type.Array(ref(ApiKey)),
    nextCursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'null: this is all. A short or empty page with a cursor means: go on.',
    }),
  },
  { $id: 'ApiKeyPage' },
)

export const ApiKeyCount = Type.Object(
  { count: Type.Integer({ description: 'Live API keys that match.', examples: [1234] }) },
  { $id: 'ApiKeyCount' },
)

export const PolicyPreview = Type.Object(
  {
    live: Type.Integer({ description: 'Live API keys.' }),
    shortened: Type.Integer({
      description: 'Live API keys whose expiry lies later than the policy would allow.',
    }),
    ended: Type.Integer({ description: 'Of these, the ones that would end at once.' }),
  },
  { $id: 'PolicyPreview', description: 'What clamping to a policy would do. Nothing is changed by asking.' },
)

export const PolicyPreviewQuery = Type.Object(
  {
    apiKeyLifetimeDays: Type.Union([Type.Integer({ minimum: 1, maximum: 3650 }), Type.Literal('never')], {
      description: 'Days, or `never`.',
      examples: [30],
    }),
  },
  { additionalProperties: false },
)
