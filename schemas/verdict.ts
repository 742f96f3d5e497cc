/**
 * Verdicts on the wire: the answer of verification, and of "who am I".
 */
import { type Static, Type } from 'typebox'
import { catalogue, type ErrorCode } from '../domain/errors.ts'
import { Names, ref, TimeOrNull, UserName } from './common.ts'
import { Context } from './session.ts'

const user = Type.Object(
  {
    id: Type.String({ examples: ['Ab3dEf6h'], description: 'Permanent id of the user.' }),
    name: UserName,
    roles: Names,
    groups: Names,
  },
  { description: 'The user with the roles and groups of this very moment.' },
)

const impersonator = Type.Object(
  { id: Type.String(), name: UserName },
  { description: 'The real user, while `user` is impersonated.' },
)

const service = Type.Object({
  name: Type.String({ examples: ['gateway'] }),
  permissions: Type.Array(Type.String(), { examples: [['verify']] }),
})

const kind = Type.Unsafe<'api-key' | 'session-key' | 'session' | 'service'>({
  type: 'string',
  enum: ['api-key', 'session-key', 'session', 'service'],
})

const id = Type.String({
  description: 'Public id of the credential; for a service its name.',
  examples: ['Ab3dEf6hIj9lMn2p'],
})

export const Verdict = Type.Object(
  {
    active: Type.Boolean(),
    kind: Type.Optional(kind),
    id: Type.Optional(id),
    user: Type.Optional(user),
    impersonator: Type.Optional(impersonator),
    expiresAt: Type.Optional(TimeOrNull),
    context: Type.Optional(ref(Context)),
    code: Type.Optional(
      Type.Unsafe<ErrorCode>({
        type: 'string',
        enum: Object.keys(catalogue).filter(
          (code) => code.startsWith('credential_') || code === 'user_disabled',
        ),
        description: 'Why it is not active.',
      }),
    ),
    detail: Type.Optional(Type.String({ description: 'What to check.' })),
  },
  {
    $id: 'Verdict',
    description: 'Active: kind, id, user and expiresAt. Not active: code and detail.',
    examples: [
      {
        active: true,
        kind: 'api-key',
        id: 'Ab3dEf6hIj9lMn2p',
        user: { id: 'Ab3dEf6h', name: 'ada@example.org', roles: ['user'], groups: [] },
        expiresAt: null,
      },
    ],
  },
)
export type Verdict = Static<typeof Verdict>

export const Me = Type.Object(
  {
    active: Type.Literal(true),
    kind,
    id,
    user: Type.Optional(user),
    impersonator: Type.Optional(impersonator),
    service: Type.Optional(service),
    expiresAt: TimeOrNull,
    context: Type.Optional(ref(Context)),
  },
  { $id: 'Me', description: 'The caller: `user` for a key, `service` for a service.' },
)
export type Me = Static<typeof Me>

export const VerificationRequest = Type.Object(
  {
    credential: Type.String({
      maxLength: 512,
      description: 'The whole credential, as it was received.',
      examples: ['lka_Ab3d…'],
    }),
  },
  { $id: 'VerificationRequest', additionalProperties: false },
)
