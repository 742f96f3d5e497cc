/**
 * The form of settings as it comes back.
 */
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { Problem } from '../../domain/errors.ts'
import type { SettingsWithTag } from '../../domain/settings.ts'
import type { Settings } from '../../schemas/settings.ts'
import { Form } from '../form-fields.ts'
import { isSettings, readTexts, type SettingProblems, type SettingTexts } from './settings-fields.ts'

/** Any text, so that what is wrong with it is said at the form, with everything that was typed. */
const typed = Type.String({ maxLength: 2_048 })
const ticked = Type.Optional(Type.Unsafe<'on'>({ type: 'string', enum: ['on'] }))

export const settingsBody = Form({
  siteName: typed,
  apiKeysAllowed: ticked,
  apiKeyLifetimeDays: typed,
  apiKeysPerUser: typed,
  sessionKeysAllowed: ticked,
  sessionKeysPerSession: typed,
  sessionIdleMinutes: typed,
  sessionAbsoluteHours: typed,
  /** The state that the form was made from: its tag, and the settings themselves, for merging only. */
  etag: Type.String({ pattern: '^"[\\w-]{22}"$' }),
  shown: Type.String({ maxLength: 2_048 }),
  intent: Type.Optional(Type.Unsafe<'preview'>({ type: 'string', enum: ['preview'] })),
  /** The lifetime whose preview offered to shorten existing keys. */
  previewed: Type.Optional(Type.String({ maxLength: 8 })),
  clamp: ticked,
})

/** Whether to shorten existing keys, and the lifetime that this was offered for, as the form sends it. */
export type ClampChoice = { readonly previewed: string } | null

export interface SentForm {
  readonly texts: SettingTexts
  /** What the form was made from. */
  readonly shown: SettingsWithTag
  /** What was sent; null: some texts stand for no value. */
  readonly mine: Settings | null
  readonly problems: SettingProblems
  readonly clamp: ClampChoice
}

/** @throws Problem request_invalid when what people do not type is not as the page made it */
export function readSent(request: FastifyRequest, body: Static<typeof settingsBody>): SentForm {
  const { etag, previewed = '', clamp } = body
  const texts: SettingTexts = {
    siteName: body.siteName,
    apiKeysAllowed: body.apiKeysAllowed ?? '',
    apiKeyLifetimeDays: body.apiKeyLifetimeDays,
    apiKeysPerUser: body.apiKeysPerUser,
    sessionKeysAllowed: body.sessionKeysAllowed ?? '',
    sessionKeysPerSession: body.sessionKeysPerSession,
    sessionIdleMinutes: body.sessionIdleMinutes,
    sessionAbsoluteHours: body.sessionAbsoluteHours,
  }
  const { settings: mine, problems } = readTexts(request, texts)
  const shown = { settings: shownSettings(request, body.shown), etag }
  return { texts, shown, mine, problems, clamp: clamp === 'on' ? { previewed } : null }
}

function shownSettings(request: FastifyRequest, text: string): Settings {
  let shown: unknown
  try {
    shown = JSON.parse(text)
  } catch (cause) {
    throw new Problem('request_invalid', { cause })
  }
  if (!isSettings(request, shown)) throw new Problem('request_invalid')
  return shown
}
