/**
 * Sessions, session keys, sign-in and impersonation on the wire.
 */
import { type Static, Type } from 'typebox'
import { Description, Names, ref, SessionId, SessionKeyId, Time, UserName } from './common.ts'

const phiLevels = ['not-phi', 'limited', 'full', 'restricted'] as const
const impersonationKinds = ['user', 'group', 'role'] as const

const phiLevel = Type.Unsafe<(typeof phiLevels)[number]>({
  type: 'string',
  enum: [...phiLevels],
  description: 'Level of protected health information that may be seen.',
})
const termsOfUse = Type.Array(
  Type.Object(
    { name: Type.String({ minLength: 1, maxLength: 256 }), acceptedAt: Time },
    { additionalProperties: false },
  ),
  { maxItems: 100, description: 'Accepted terms of use.' },
)
const authenticated = Type.Object(
  {
    methods: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      maxItems: 16,
      description: 'As in RFC 8176.',
      examples: [['pwd', 'otp']],
    }),
    at: Time,
  },
  { additionalProperties: false, description: 'How and when the user proved who they are.' },
)

const Impersonating = Type.Object({
  kind: Type.Unsafe<(typeof impersonationKinds)[number]>({ type: 'string', enum: [...impersonationKinds] }),
  name: Type.String({ minLength: 1, maxLength: 128 }),
})

export const Context = Type.Object(
  {
    roles: Names,
    groups: Names,
    termsOfUse,
    phiLevel,
    impersonating: Type.Optional(Impersonating),
    authenticated,
  },
  { $id: 'Context', description: 'What a session runs in, as it is at this moment.' },
)
export type Context = Static<typeof Context>

export const ContextChange = Type.Object(
  {
    roles: Type.Optional({ ...Names, description: "Narrows the user's roles; never adds one." }),
    groups: Type.Optional({ ...Names, description: "In place of the user's groups." }),
    termsOfUse: Type.Optional(termsOfUse),
    phiLevel: Type.Optional(phiLevel),
    authenticated: Type.Optional(authenticated),
  },
  { $id: 'ContextChange', additionalProperties: false, description: 'What is left out stays as it is.' },
)
export type ContextChange = Static<typeof ContextChange>

const sessionMembers = {
  id: SessionId,
  user: UserName,
  createdAt: Time,
  expiresAt: { ...Time, description: 'When it ends by idling, if it is not used before.' },
  absoluteEnd: { ...Time, description: 'When it ends at the latest.' },
  lastUsedAt: Time,
  context: ref(Context),
  address: Type.String({ description: 'Where it was opened from.' }),
  service: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'The service that opened it; null: a sign-in.',
  }),
}

export const Session = Type.Object(sessionMembers, { $id: 'Session' })
export type Session = Static<typeof Session>

export const OwnSession = Type.Object(
  {
    ...sessionMembers,
    csrfToken: Type.String({ description: 'For the header x-csrf-token, on every write by cookie.' }),
  },
  { $id: 'OwnSession', description: "The caller's own session." },
)
export type OwnSession = Static<typeof OwnSession>

export const SessionList = Type.Object({ items: Type.Array(ref(Session)) }, { $id: 'SessionList' })

export const SignIn = Type.Object(
  { user: UserName, password: Type.String({ minLength: 1, maxLength: 256 }) },
  { $id: 'SignIn', additionalProperties: false },
)

/** NIST SP 800-63B-4: length is what counts; no rules about kinds of characters. */
const newPassword = Type.String({ minLength: 12, maxLength: 256, description: 'At least 12 characters.' })

export const PasswordChange = Type.Object(
  { present: Type.String({ minLength: 1, maxLength: 256 }), next: newPassword },
  { $id: 'PasswordChange', additionalProperties: false },
)

export const InvitationClaim = Type.Object(
  { invitation: Type.String({ maxLength: 512, examples: ['lki_Ab3d…'] }), password: newPassword },
  { $id: 'InvitationClaim', additionalProperties: false },
)

export const Invitation = Type.Object(
  {
    user: UserName,
    link: Type.String({ description: 'Opens once. Shown only now.' }),
    invitation: Type.String({ description: 'The secret of the link, for POST /v1/invitations/claim.' }),
    expiresAt: Time,
  },
  { $id: 'Invitation', description: 'A one-time link by which a user sets a password.' },
)
export type Invitation = Static<typeof Invitation>

export const NewUser = Type.Object(
  { user: UserName, roles: Type.Optional(Names), groups: Type.Optional(Names) },
  { $id: 'NewUser', additionalProperties: false },
)

export const Impersonation = Type.Object(
  {
    kind: Type.Unsafe<(typeof impersonationKinds)[number]>({ type: 'string', enum: [...impersonationKinds] }),
    name: Type.String({ minLength: 1, maxLength: 128, examples: ['ada@example.org'] }),
  },
  { $id: 'Impersonation', additionalProperties: false },
)

export const SessionOrder = Type.Object(
  {
    context: Type.Optional(ref(ContextChange)),
    idleMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080 })),
    absoluteHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 720 })),
  },
  { $id: 'SessionOrder', additionalProperties: false },
)

export const SessionChange = Type.Object(
  { context: ref(ContextChange) },
  { $id: 'SessionChange', additionalProperties: false },
)

const sessionKeyMembers = {
  id: SessionKeyId,
  number: Type.Integer({ examples: [43] }),
  kind: Type.Literal('session-key'),
  user: UserName,
  description: Description,
  createdAt: Time,
  expiresAt: { ...Time, description: 'With its session, at the latest then.' },
}

export const SessionKey = Type.Object(sessionKeyMembers, { $id: 'SessionKey' })
export type SessionKey = Static<typeof SessionKey>

export const MintedSessionKey = Type.Object(
  {
    ...sessionKeyMembers,
    secret: Type.String({
      description: 'The key itself. This is the only time it is shown.',
      examples: ['lks_Ab3d…'],
    }),
  },
  { $id: 'MintedSessionKey' },
)
export type MintedSessionKey = Static<typeof MintedSessionKey>

export const SessionKeyList = Type.Object({ items: Type.Array(ref(SessionKey)) }, { $id: 'SessionKeyList' })

export const NewSessionKey = Type.Object(
  { description: Type.Optional(Description) },
  { $id: 'NewSessionKey', additionalProperties: false },
)

export const Ended = Type.Object(
  { ended: Type.Integer({ description: 'Sessions that were ended.' }) },
  { $id: 'Ended' },
)

export const SessionPath = Type.Object({ id: SessionId })
export const SessionKeyPath = Type.Object({ id: SessionKeyId })
