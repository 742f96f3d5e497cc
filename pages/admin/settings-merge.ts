/**
 * Three versions of the settings made one: as a form showed them, as the administrator sent it, and as they are by now,
 * because somebody else saved meanwhile. Pure: field by field, what was not touched follows the others, what was touched stays.
 */
import type { Settings } from '../../schemas/settings.ts'

export type SettingName = keyof Settings
export type SettingValue = Settings[SettingName]

/** In the order of the form. */
export const settingNames = [
  'siteName',
  'apiKeysAllowed',
  'apiKeyLifetimeDays',
  'apiKeysPerUser',
  'sessionKeysAllowed',
  'sessionKeysPerSession',
  'sessionIdleMinutes',
  'sessionAbsoluteHours',
] as const satisfies readonly SettingName[]

/** What somebody else did to a field. */
export interface ForeignChange {
  readonly from: SettingValue
  readonly to: SettingValue
  /** What I sent. */
  readonly mine: SettingValue
  /** `followed`: I had not touched it; `agreed`: I chose the same; `opposed`: I chose something else, which stays. */
  readonly outcome: 'followed' | 'agreed' | 'opposed'
}

export interface MergedSettings {
  readonly settings: Settings
  /** Only the fields that somebody else changed. */
  readonly changes: Readonly<Partial<Record<SettingName, ForeignChange>>>
}

export function mergeSettings(shown: Settings, mine: Settings, present: Settings): MergedSettings {
  const changed = settingNames.filter((name) => present[name] !== shown[name])
  const changes = changed.map((name): [SettingName, ForeignChange] => {
    const change = { from: shown[name], to: present[name], mine: mine[name] }
    if (mine[name] === shown[name]) return [name, { ...change, outcome: 'followed' }]
    return [name, { ...change, outcome: mine[name] === present[name] ? 'agreed' : 'opposed' }]
  })
  const followed = changes.filter(([, { outcome }]) => outcome === 'followed')
  const theirs = Object.fromEntries(followed.map(([name]) => [name, present[name]]))
  return { settings: { ...settingsOf(mine), ...theirs }, changes: Object.fromEntries(changes) }
}

/** Whether two versions say the same, whatever else their records hold. */
export function areSameSettings(one: Settings, other: Settings): boolean {
  return settingNames.every((name) => one[name] === other[name])
}

/** The settings that the form has, and nothing else that a record may hold. */
export function settingsOf(settings: Settings): Settings {
  const { siteName, apiKeysAllowed, apiKeyLifetimeDays, apiKeysPerUser } = settings
  const { sessionKeysAllowed, sessionKeysPerSession, sessionIdleMinutes, sessionAbsoluteHours } = settings
  return {
    siteName,
    apiKeysAllowed,
    apiKeyLifetimeDays,
    apiKeysPerUser,
    sessionKeysAllowed,
    sessionKeysPerSession,
    sessionIdleMinutes,
    sessionAbsoluteHours,
  }
}
