/**
 * The filters of API keys on the wire: of the list, of its count, and of revoking all that match.
 */
import { Type } from 'typebox'
import { UserName } from './common.ts'

const moment = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', description, examples: ['2026-11-23T22:00:00Z'] }))

export const filterMembers = {
  user: Type.Optional({ ...UserName, description: 'Keys of this user only.' }),
  userBeginning: Type.Optional({ ...UserName, description: 'Keys of users whose name begins like this.' }),
  createdAfter: moment('Created at this time or later.'),
  createdBefore: moment('Created at this time or earlier.'),
  expiresAfter: moment('Expiring at this time or later; keys that never expire included.'),
  expiresBefore: moment('Expiring at this time or earlier.'),
  neverExpires: Type.Optional(Type.Boolean({ description: 'true: only keys that never expire.' })),
  neverUsed: Type.Optional(Type.Boolean({ description: 'true: only keys that were never used.' })),
  unusedSince: moment('Not used after this time; keys that were never used count by their creation.'),
}
