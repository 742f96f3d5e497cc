/**
 * API keys on the wire.
 */
import { type Static, Type } from 'typebox'
import { filterMembers } from './api-key-filter.ts'
import { ApiKeyId, Description, ref, SessionId, Time, TimeOrNull, UserName } from './common.ts'
import { Job } from './job.ts'

const members = {
  id: ApiKeyId,
  number: Type.Integer({ description: 'Site-wide number of the key.', examples: [42] }),
  kind: Type.Literal('api-key'),
  user: UserName,
  description: Description,
  createdAt: Time,
  expiresAt: TimeOrNull,
}

export const ApiKey = Type.Object(
  { ...members, lastUsedAt: TimeOrNull },
  { $id: 'ApiKey', description: 'An API key, as its owner and administrators see it.' },
)
export type ApiKey = Static<typeof ApiKey>

export const MintedApiKey = Type.Object(
  {
    ...members,
    secret: Type.String({
      description: 'The key itself. This is the only time it is shown.',
      examples: ['lka_Ab3d…'],
    }),
  },
  { $id: 'MintedApiKey', description: 'A new API key, with its secret.' },
)
export type MintedApiKey = Static<typeof MintedApiKey>

export const ApiKeyList = Type.Object(
  {
    items: Type.Array(ref(ApiKey)),
    nextCursor: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'null: this is all.' }),
  },
  { $id: 'ApiKeyList' },
)

const newMembers = {
  description: Type.Optional(Description),
  lifetimeDays: Type.Optional(
    Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      minimum: 1,
      maximum: 3650,
      description: 'Days until it expires, no longer than the policy; null or left out: as the policy says.',
    }),
  ),
}

export const NewApiKey = Type.Object(newMembers, { $id: 'NewApiKey', additionalProperties: false })

export const NewApiKeyFor = Type.Object(
  {
    ...newMembers,
    session: Type.Optional({
      ...SessionId,
      description: "The user's session that the key is minted from: refused while it impersonates.",
    }),
  },
  { $id: 'NewApiKeyFor', additionalProperties: false },
)

export const ApiKeyChange = Type.Object(
  { description: Description },
  { $id: 'ApiKeyChange', additionalProperties: false },
)

export const ApiKeyPath = Type.Object({ id: ApiKeyId })
export const UserPath = Type.Object({ user: Type.String({ minLength: 1, maxLength: 128 }) })

/** At least one member, so that a forgotten filter is not "all on the site". */
const MatchingKeys = Type.Object(filterMembers, { additionalProperties: false, minProperties: 1 })

export const Revocation = Type.Union(
  [
    Type.Object(
      { ids: Type.Array(ApiKeyId, { minItems: 1, maxItems: 1000 }) },
      { title: 'Selected', additionalProperties: false },
    ),
    Type.Object({ user: UserName }, { title: 'All of a user', additionalProperties: false }),
    Type.Object({ matching: MatchingKeys }, { title: 'All that match', additionalProperties: false }),
    Type.Object(
      {
        all: Type.Literal(true),
        site: Type.String({ maxLength: 64, description: "The site's name, typed as a confirmation." }),
      },
      { title: 'All on the site', additionalProperties: false },
    ),
  ],
  {
    $id: 'Revocation',
    examples: [
      { ids: ['Ab3dEf6hIj9lMn2p'] },
      { user: 'ada@example.org' },
      { matching: { neverUsed: true, createdBefore: '2026-01-01T00:00:00Z' } },
      { all: true, site: 'Latchkey' },
    ],
  },
)
export type Revocation = Static<typeof Revocation>

export const Revoked = Type.Object(
  {
    revoked: Type.Integer({
      description:
        'Keys that were ended. For all on the site: keys listed then, expired ones not yet pruned included. For all that ' +
        'match: 0, because the job revokes them; its `done` counts those that are final, and all are when it has ended.',
      examples: [3],
    }),
    job: Type.Optional(ref(Job)),
  },
  { $id: 'Revoked' },
)
export type Revoked = Static<typeof Revoked>
