/**
 * Atoms of the wire: ids, names, times, and `ref`, which makes OpenAPI show a component instead of a copy.
 */
import { type Static, type TSchema, type TUnsafe, Type } from 'typebox'

/** A reference to a schema that has an `$id` and is registered with `addSchema`. */
export function ref<Schema extends TSchema>(schema: Schema): TUnsafe<Static<Schema>> {
  if (!('$id' in schema) || typeof schema.$id !== 'string')
    throw new TypeError('a schema needs an $id to be referred to')
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })
}

export const UserName = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'User name, 1 to 128 characters; upper and lower case do not matter.',
  examples: ['ada@example.org'],
})

export const ApiKeyId = Type.String({
  pattern: '^[0-9A-Za-z]{16}$',
  description: 'Public id of an API key. It identifies and never authorises.',
  examples: ['Ab3dEf6hIj9lMn2p'],
})

export const SessionId = Type.String({
  pattern: '^[0-9A-Za-z]{16}$',
  description: 'Public id of a session. It identifies and never authorises.',
  examples: ['Ab3dEf6hQr7tUv0x'],
})

export const SessionKeyId = Type.String({
  pattern: '^[0-9A-Za-z]{24}$',
  description: 'Public id of a session key.',
  examples: ['Ab3dEf6hQr7tUv0xIj9lMn2p'],
})

export const Description = Type.String({
  maxLength: 256,
  description: 'What the key is for, in the words of its owner.',
  examples: ['nightly import on the cluster'],
})

export const Time = Type.String({
  format: 'date-time',
  description: 'RFC 3339, UTC.',
  examples: ['2026-11-23T22:00:00.000Z'],
})

export const TimeOrNull = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  format: 'date-time',
  description: 'RFC 3339, UTC; null: never.',
  examples: ['2027-11-23T22:00:00.000Z'],
})

export const Names = Type.Array(
  Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\w.:@/-]+$', examples: ['user'] }),
  { maxItems: 64, uniqueItems: true },
)

export const ListFormat = Type.Unsafe<'json' | 'csv'>({
  type: 'string',
  enum: ['json', 'csv'],
  description: 'In place of the Accept header, for links: a page as JSON, or all that match as CSV.',
})
export type ListFormat = Static<typeof ListFormat>

export const Empty = Type.Null({ description: 'Done; there is no body.' })
