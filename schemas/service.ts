/**
 * Services on the wire.
 */
import { type Static, Type } from 'typebox'
import { permissions, serviceNamePattern } from '../domain/caller.ts'
import { ref, Time, TimeOrNull } from './common.ts'

const name = Type.String({
  pattern: serviceNamePattern,
  not: { const: 'apikey' },
  description:
    'The Basic user name of the service: lower case letters, digits, dot, underscore, hyphen; not "apikey".',
  examples: ['gateway'],
})

const permission = Type.Union(permissions.map((each) => Type.Literal(each)))

const members = {
  name,
  permissions: Type.Array(permission, { examples: [['verify', 'mint']] }),
  createdAt: Time,
  expiresAt: TimeOrNull,
}

export const Service = Type.Object(
  { ...members, lastUsedAt: TimeOrNull },
  { $id: 'Service', description: 'A service, as administrators see it: never its secret.' },
)
export type Service = Static<typeof Service>

export const AddedService = Type.Object(
  {
    ...members,
    secret: Type.String({
      description: "The service's Basic password. Shown only now.",
      examples: ['lkv_Ab3d…'],
    }),
  },
  { $id: 'AddedService' },
)

export type AddedService = Static<typeof AddedService>

export const ServiceList = Type.Object({ items: Type.Array(ref(Service)) }, { $id: 'ServiceList' })

export const NewService = Type.Object(
  {
    name,
    permissions: Type.Array(permission, { minItems: 1, uniqueItems: true, examples: [['verify', 'mint']] }),
    lifetimeDays: Type.Optional(
      Type.Unsafe<number | null>({
        type: ['integer', 'null'],
        minimum: 1,
        maximum: 3650,
        description: 'Days until the service expires; null or left out: never.',
      }),
    ),
  },
  { $id: 'NewService', additionalProperties: false },
)

export const ServiceRotation = Type.Object(
  {
    overlapHours: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 168,
        default: 24,
        description: 'Hours for which the old secret still verifies; 0: it is refused at once.',
      }),
    ),
  },
  { $id: 'ServiceRotation', additionalProperties: false },
)

export const ServicePath = Type.Object({ name: Type.String({ pattern: serviceNamePattern }) })
