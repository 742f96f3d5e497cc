/**
 * Settings on the wire: the site's policy.
 */
import { type Static, Type } from 'typebox'

const members = {
  siteName: Type.String({
    minLength: 1,
    maxLength: 64,
    pattern: '^[^\\u0000-\\u001f\\u007f"\\\\]+$',
    description: 'Shown to users; typed to confirm "revoke all".',
    examples: ['Latchkey'],
  }),
  apiKeysAllowed: Type.Boolean({ description: 'Let users create API keys. Off stops new keys only.' }),
  apiKeyLifetimeDays: Type.Unsafe<null | 7 | 30 | 90 | 180 | 365>({
    enum: [null, 7, 30, 90, 180, 365],
    description: 'Expire API keys after so many days; null: never. Governs keys made from then on.',
  }),
  sessionKeysAllowed: Type.Boolean({ description: 'Let users create session keys.' }),
  sessionIdleMinutes: Type.Integer({ minimum: 1, maximum: 10_080, description: 'Minutes.' }),
  sessionAbsoluteHours: Type.Integer({ minimum: 1, maximum: 720, description: 'Hours.' }),
  apiKeysPerUser: Type.Integer({ minimum: 1, maximum: 1000, description: 'Live API keys a user may have.' }),
  sessionKeysPerSession: Type.Integer({
    minimum: 1,
    maximum: 100,
    description: 'Session keys a session may have.',
  }),
}

export const Settings = Type.Object(members, { $id: 'Settings' })
export type Settings = Static<typeof Settings>

export const SettingsChange = Type.Partial(Type.Object(members), {
  $id: 'SettingsChange',
  additionalProperties: false,
  minProperties: 1,
  description: 'Settings that are left out keep their value.',
  examples: [{ apiKeysAllowed: true, apiKeyLifetimeDays: 90 }],
})
export type SettingsChange = Static<typeof SettingsChange>
