/**
 * Settings: the site's policy. Read with an ETag, changed only from the state that was read.
 */
import { createHash } from 'node:crypto'
import type { Origin } from '../store/audit.ts'
import type { SettingsRecord } from '../store/records.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { Problem } from './errors.ts'
import { readSite } from './site.ts'

export interface SettingsWithTag {
  readonly settings: SettingsRecord
  /** Strong entity tag (RFC 9110 §8.8.3), quotes included. */
  readonly etag: string
}

export async function readSettings(core: Core): Promise<SettingsWithTag> {
  const { site } = await readSite(core)
  return { settings: site.record.settings, etag: tagOf(site.record.settings) }
}

/** Whether nobody has decided yet that keys may be made: a new site, or one where all of it is switched off again. */
export function isUndecided(settings: SettingsRecord): boolean {
  return !settings.apiKeysAllowed && !settings.sessionKeysAllowed
}

/**
 * Settings that are left out keep their value.
 * @param ifMatch the If-Match header (RFC 9110 §13.1.1), or null
 * @throws Problem settings_changed when none of its tags is the present one; record_contended
 */
export async function changeSettings(
  core: Core,
  change: Partial<SettingsRecord>,
  ifMatch: string | null,
  origin: Origin,
): Promise<SettingsWithTag> {
  return await untilSettled(async () => {
    const { site: before } = await readSite(core)
    const { settings } = before.record
    if (ifMatch !== null && !matches(ifMatch, tagOf(settings))) throw new Problem('settings_changed')
    const after = { ...settings, ...change }
    const details = differences(settings, change)
    if (Object.keys(details).length === 0) return { settings, etag: tagOf(settings) }
    const event = { ...origin, action: 'settings.changed', subject: after.siteName, details } as const
    const isChanged = await core.stores.site.replace(before, { ...before.record, settings: after }, event)
    return isChanged ? { settings: after, etag: tagOf(after) } : 'contended'
  })
}

function differences(before: SettingsRecord, change: Partial<SettingsRecord>): Record<string, unknown> {
  const names = Object.keys(change) as (keyof SettingsRecord)[]
  const changed = names.filter((name) => before[name] !== change[name])
  return Object.fromEntries(changed.map((name) => [name, { from: before[name], to: change[name] }]))
}

function tagOf(settings: SettingsRecord): string {
  return `"${createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 22)}"`
}

/** Strong comparison: a weak tag never matches. */
function matches(ifMatch: string, etag: string): boolean {
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  return tags.includes('*') || tags.includes(etag)
}
