/**
 * Users on the wire, as administrators see them.
 */
import { type Static, Type } from 'typebox'
import { Names, ref, Time, UserName } from './common.ts'

const members = {
  id: Type.String({ examples: ['Ab3dEf6h'] }),
  name: UserName,
  roles: Names,
  groups: Names,
  disabled: Type.Boolean({ description: "A disabled user's credentials are refused at once." }),
  createdAt: Time,
}

export const User = Type.Object(members, { $id: 'User' })
export type User = Static<typeof User>

export const ListedUser = Type.Object(
  {
    ...members,
    apiKeys: Type.Integer({
      description: "API keys in the user's list that have not expired.",
      examples: [3],
    }),
  },
  { $id: 'ListedUser' },
)
export type ListedUser = Static<typeof ListedUser>

export const UserPage = Type.Object(
  {
    items: Type.Array(ref(ListedUser)),
    nextCursor: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'null: this is all.' }),
  },
  { $id: 'UserPage' },
)

export const UserListQuery = Type.Object(
  {
    beginning: Type.Optional(
      Type.String({
        maxLength: 128,
        description: 'Beginning of the user name, in any case.',
        examples: ['ad'],
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ description: '`nextCursor` of the page before.' })),
  },
  { additionalProperties: false },
)

export const UserChange = Type.Object(
  {
    roles: Type.Optional(Names),
    groups: Type.Optional(Names),
    disabled: Type.Optional(Type.Boolean()),
  },
  {
    $id: 'UserChange',
    additionalProperties: false,
    minProperties: 1,
    description: 'What is left out stays as it is.',
    examples: [{ roles: ['user', 'admin'] }],
  },
)
export type UserChange = Static<typeof UserChange>
