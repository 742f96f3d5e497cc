/**
 * The site: its one-time creation, its opening by an instance (is this our database, are these our peppers), and what
 * an instance knows of it while it runs: the site's id, or why there is none.
 */
import type { Origin } from '../store/audit.ts'
import type { SettingsRecord, SiteRecord, Stored } from '../store/records.ts'
import type { Stores } from '../store/stores.ts'
import { randomBase62 } from './base62.ts'
import { permissions } from './caller.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { makeCredential, makeId, siteIdLength } from './credential.ts'
import { type ErrorCode, Problem } from './errors.ts'
import { digestOf, pepperCheck } from './pepper.ts'
import type { PepperRing } from './pepper-ring.ts'
import type { Secret } from './secret.ts'

export const firstServiceName = 'first'
const firstServiceLifetimeMs = 24 * 3_600_000

const serverItself: Origin = { actor: { kind: 'system', name: 'server', id: '' }, address: '' }

const initialSettings: SettingsRecord = {
  siteName: 'Latchkey',
  apiKeysAllowed: false,
  apiKeyLifetimeDays: null,
  sessionKeysAllowed: false,
  sessionIdleMinutes: 30,
  sessionAbsoluteHours: 12,
  apiKeysPerUser: 100,
  sessionKeysPerSession: 20,
}

export interface CreatedSite {
  readonly id: string
  /** Of the service `first`, which has every permission and expires after 24 hours. */
  readonly firstSecret: Secret
}

/** Creates the site. @returns null when there is one already (somebody else was faster, too) */
export async function createSite({ stores, peppers }: Core): Promise<CreatedSite | null> {
  const { site: existing, nowMs } = await stores.site.read()
  if (existing !== null) return null
  const id = randomBase62(siteIdLength)
  const { secret } = makeCredential('service', id)
  const record: SiteRecord = {
    v: 1,
    id,
    settings: initialSettings,
    generation: makeId(),
    peppers: checksOf(peppers, id),
    created: nowMs,
  }
  const first = {
    v: 1,
    name: firstServiceName,
    digest: digestOf(peppers.newest, secret),
    pepper: peppers.newest.number,
    permissions,
    created: nowMs,
    expires: nowMs + firstServiceLifetimeMs,
  } as const
  const event = {
    ...serverItself,
    action: 'site.created',
    subject: id,
    details: { service: first.name },
  } as const
  return (await stores.site.create(record, first, event)) ? { id, firstSecret: secret } : null
}

/** What an instance knows of its site. */
export interface SiteGate {
  /** The id of the open site. @throws Problem that says why there is none (503) */
  id(): string
  readonly isOpen: boolean
  open(id: string): void
  /** Keeps the reason that requests get until the site is open. */
  refuse(code: ErrorCode): void
}

export function createSiteGate(): SiteGate {
  let openId: string | null = null
  let refusal: ErrorCode = 'redis_unavailable'
  return {
    id() {
      if (openId === null) throw new Problem(refusal)
      return openId
    },
    get isOpen() {
      return openId !== null
    },
    open(id) {
      openId = id
    },
    refuse(code) {
      refusal = code
    },
  }
}

/** A site that must not be opened: retrying cannot help, a person must act. */
export class SiteRefused extends Error {
  override readonly name = 'SiteRefused'
}

/**
 * Checks that the database holds a site and that our peppers are the ones it was used with, then opens the gate. New
 * pepper numbers are recorded.
 * @returns false when there is no site yet
 * @throws SiteRefused for a wrong pepper; Problem when Redis does not answer
 */
export async function openSite({ stores, peppers, gate }: Core): Promise<boolean> {
  const id = await untilSettled(async () => {
    const { site } = await stores.site.read()
    if (site === null) return null
    return (await recordPeppers(stores, peppers, site)) ? site.record.id : 'contended'
  })
  if (id === null) {
    gate.refuse('site_not_initialised')
    return false
  }
  gate.open(id)
  return true
}

async function recordPeppers(
  stores: Stores,
  peppers: PepperRing,
  site: Stored<SiteRecord>,
): Promise<boolean> {
  const { id, peppers: recorded } = site.record
  const ours = checksOf(peppers, id)
  const wrong = Object.keys(ours).filter(
    (number) => recorded[number] !== undefined && recorded[number] !== ours[number],
  )
  if (wrong.length > 0) {
    throw new SiteRefused(
      `Pepper ${wrong.join(', ')} is not the one this site was made with: every credential would be refused. ` +
        'Give the right LATCHKEY_PEPPERS (or the pepper file of the data folder).',
    )
  }
  const added = Object.keys(ours).filter((number) => recorded[number] === undefined)
  if (added.length === 0) return true
  const event = { ...serverItself, action: 'pepper.added', subject: id, details: { numbers: added } } as const
  return await stores.site.replace(site, { ...site.record, peppers: { ...recorded, ...ours } }, event)
}

function checksOf(peppers: PepperRing, siteId: string): Record<string, string> {
  return Object.fromEntries(peppers.all.map((pepper) => [String(pepper.number), pepperCheck(pepper, siteId)]))
}

/** The site as it is now. @throws Problem site_missing when the database does not hold our site */
export async function readSite(
  core: Core,
): Promise<{ readonly site: Stored<SiteRecord>; readonly nowMs: number }> {
  const id = core.gate.id()
  const { site, nowMs } = await core.stores.site.read()
  if (site === null || site.record.id !== id) throw new Problem('site_missing')
  return { site, nowMs }
}
