/**
 * Users on the wire, as administrators see them.
 */
import { type Static, Type } from 'typebox'
import { Names, Time, UserName } from './common.ts'

export const User = Type.Object(
  {
    id: Type.String({ examples: ['Ab3dEf6h'] }),
    name: UserName,
    roles: Names,
    groups: Names,
    disabled: Type.Boolean({ description: "A disabled user's credentials are refused at once." }),
    createdAt: Time,
  },
  { $id: 'User' },
)
export type User = Static<typeof User>

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
