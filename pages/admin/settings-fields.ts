/**
 * The fields of the form of settings: what each is called, which texts stand for which values, and what is said of a text
 * that stands for none. The rules are those of schemas/settings.ts, checked by the validator of the API.
 */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Settings } from '../../schemas/settings.ts'
import { policyChoices } from '../expiry-choices.ts'
import { type SettingName, type SettingValue, settingNames } from './settings-merge.ts'

/** What stands in each field of the form; a switch is 'on' or empty. */
export type SettingTexts = Readonly<Record<SettingName, string>>

export interface SettingField {
  readonly kind: 'text' | 'switch' | 'choice' | 'number'
  readonly label: string
  readonly hint: string
  /** What to do, where the text stands for no value. */
  readonly advice: string
  readonly bounds?: { readonly minimum: number; readonly maximum: number }
}

export const settingFields: Readonly<Record<SettingName, SettingField>> = {
  siteName: {
    kind: 'text',
    label: 'Site name',
    hint: 'Shown on every page, and typed to confirm that all keys are revoked.',
    advice: 'takes 1 to 64 characters, without quotation marks and backslashes.',
  },
  apiKeysAllowed: {
    kind: 'switch',
    label: 'Let users create API keys',
    hint: 'Off stops new keys only. Existing keys keep working until they expire or are revoked.',
    advice: 'is on or off.',
  },
  apiKeyLifetimeDays: {
    kind: 'choice',
    label: 'Expire API keys',
    hint: 'Counted from the day a key is made. Holds for keys made from now on; users may choose a shorter time.',
    advice: 'takes one of the times in the list.',
  },
  apiKeysPerUser: numberField('API keys per user', 'apiKeysPerUser', 'Keys a user may have at a time.'),
  sessionKeysAllowed: {
    kind: 'switch',
    label: 'Let users create session keys',
    hint: 'A session key ends with the session it was made in.',
    advice: 'is on or off.',
  },
  sessionKeysPerSession: numberField(
    'Session keys per session',
    'sessionKeysPerSession',
    'Keys a session may have at a time.',
  ),
  sessionIdleMinutes: numberField(
    'Idle timeout (minutes)',
    'sessionIdleMinutes',
    'A session ends when nothing happens for so long.',
  ),
  sessionAbsoluteHours: numberField(
    'Absolute timeout (hours)',
    'sessionAbsoluteHours',
    'A session ends after so long, whatever happens.',
  ),
}

type NumberName = 'apiKeysPerUser' | 'sessionKeysPerSession' | 'sessionIdleMinutes' | 'sessionAbsoluteHours'

function numberField(label: string, name: NumberName, about: string): SettingField {
  const { minimum, maximum } = boundsOf(name)
  const range = `from ${minimum} to ${maximum.toLocaleString('en')}`
  const hint = `${about} A whole number ${range}.`
  return {
    kind: 'number',
    label,
    hint,
    advice: `takes a whole number ${range}.`,
    bounds: { minimum, maximum },
  }
}

function boundsOf(name: NumberName): { readonly minimum: number; readonly maximum: number } {
  const { minimum, maximum } = Settings.properties[name] as { minimum?: number; maximum?: number }
  if (minimum === undefined || maximum === undefined) throw new TypeError(`${name} has no bounds`)
  return { minimum, maximum }
}

export function textOf(name: SettingName, value: SettingValue): string {
  if (name === 'apiKeyLifetimeDays') return value === null ? 'never' : String(value)
  if (typeof value === 'boolean') return value ? 'on' : ''
  return String(value)
}

export function textsOf(settings: Settings): SettingTexts {
  const entries = settingNames.map((name) => [name, textOf(name, settings[name])] as const)
  return Object.fromEntries(entries) as SettingTexts
}

/** A value as a sentence says it. */
export function wordsOf(name: SettingName, value: SettingValue): string {
  const choice = policyChoices.find(({ days }) => days === value)
  if (name === 'apiKeyLifetimeDays' && choice !== undefined) return choice.label
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}

export type SettingProblems = Readonly<Partial<Record<SettingName, string>>>

/** @returns the settings that the texts stand for; null: what is wrong with which fields */
export function readTexts(
  request: FastifyRequest,
  texts: SettingTexts,
): { readonly settings: Settings | null; readonly problems: SettingProblems } {
  const candidate = Object.fromEntries(settingNames.map((name) => [name, readValue(name, texts[name])]))
  if (isSettings(request, candidate)) return { settings: candidate, problems: {} }
  const wrong = settingNames.filter((name) => !isValid(request, Settings.properties[name], candidate[name]))
  const said = wrong.map((name) => [name, `${settingFields[name].label} ${settingFields[name].advice}`])
  return { settings: null, problems: Object.fromEntries(said) }
}

function readValue(name: SettingName, text: string): unknown {
  const { kind } = settingFields[name]
  if (kind === 'switch') return text === 'on'
  if (kind === 'choice') return policyChoices.find(({ value }) => value === text)?.days
  if (kind === 'number') return /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN
  return text
}

const strictSettings = Type.Object(Settings.properties, { additionalProperties: false })

/** Exactly the settings, each with a value that the API would take, too. */
export function isSettings(request: FastifyRequest, value: unknown): value is Settings {
  return isValid(request, strictSettings, value)
}

function isValid(request: FastifyRequest, schema: object, value: unknown): boolean {
  return request.compileValidationSchema(schema, 'body')(value)
}
