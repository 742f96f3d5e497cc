/**
 * Services: other programs with their own Basic credentials, each with only the permissions it was given.
 */
import type { Origin } from '../store/audit.ts'
import type { ServiceRecord } from '../store/records.ts'
import { isServiceName, type Permission } from './caller.ts'
import { keyUserName } from './carrier.ts'
import { untilSettled } from './contention.ts'
import type { Core } from './core.ts'
import { makeCredential } from './credential.ts'
import { Problem } from './errors.ts'
import { digestOf } from './pepper.ts'
import type { Secret } from './secret.ts'
import { readSite } from './site.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

export interface Service {
  readonly name: string
  readonly permissions: readonly string[]
  readonly createdAtMs: number
  /** null: never. */
  readonly expiresAtMs: number | null
}

export interface UsedService extends Service {
  /** null: never. */
  readonly lastUsedAtMs: number | null
}

export interface NewService {
  readonly name: string
  readonly permissions: readonly Permission[]
  /** null: never expires. */
  readonly lifetimeDays: number | null
}

/** A service with its new secret. */
export interface ServiceWithSecret extends Service {
  readonly secret: Secret
}

/**
 * @param held what the caller may grant: a service grants only permissions it holds (threat 49)
 * @throws Problem permission_missing, service_exists
 */
export async function addService(
  core: Core,
  service: NewService,
  held: readonly string[],
  origin: Origin,
): Promise<ServiceWithSecret> {
  if (!isServiceName(service.name) || service.name === keyUserName) {
    throw new Problem('request_invalid', {
      detail:
        'The name of a service has 1 to 63 lower case letters, digits, dots, underscores and hyphens, begins with a ' +
        'letter or digit, and is not "apikey".',
    })
  }
  checkHeld(service.permissions, held, 'grant')
  const { nowMs } = await readSite(core)
  const { secret } = makeCredential('service', core.gate.id())
  const { name, permissions, lifetimeDays } = service
  const record: ServiceRecord = {
    v: 1,
    name,
    digest: digestOf(core.peppers.newest, secret),
    pepper: core.peppers.newest.number,
    permissions: [...new Set(permissions)],
    created: nowMs,
    ...(lifetimeDays === null ? {} : { expires: nowMs + lifetimeDays * dayMs }),
  }
  const details = { permissions: record.permissions, expiresAtMs: record.expires ?? null }
  const outcome = await core.stores.services.add(record, {
    ...origin,
    action: 'service.added',
    subject: name,
    details,
  })
  if (outcome !== 'added') throw new Problem('service_exists')
  return { ...serviceView(record), secret }
}

/**
 * Gives a service a new secret. The one it had verifies until the overlap ends; whatever was before that, no longer.
 * @param overlapHours 0: the old secret is refused at once
 * @param held what the caller holds: the new secret gives it the power of the service, so it needs all of that already
 *   (threat 49)
 * @throws Problem service_not_found, permission_missing, record_contended
 */
export async function rotateService(
  core: Core,
  name: string,
  overlapHours: number,
  held: readonly string[],
  origin: Origin,
): Promise<ServiceWithSecret> {
  const { newest } = core.peppers
  const { secret } = makeCredential('service', core.gate.id())
  const fresh = { digest: digestOf(newest, secret), pepper: newest.number }
  return await untilSettled(async () => {
    const [before, { nowMs }] = await Promise.all([core.stores.services.read(name), readSite(core)])
    if (before === null) throw new Problem('service_not_found')
    const { previous: _ended, ...record } = before.record
    checkHeld(record.permissions, held, 'rotate')
    const until = nowMs + overlapHours * hourMs
    const previous = { digest: record.digest, pepper: record.pepper, until }
    const after: ServiceRecord = { ...record, ...fresh, ...(overlapHours === 0 ? {} : { previous }) }
    const details = { overlapHours, previousUntilMs: until }
    const event = { ...origin, action: 'service.rotated', subject: name, details } as const
    const isRotated = await core.stores.services.replace(before, after, event)
    return isRotated ? { ...serviceView(after), secret } : 'contended'
  })
}

export async function listServices(core: Core): Promise<readonly UsedService[]> {
  return await withLastUse(core, await core.stores.services.list())
}

/** @throws Problem service_not_found */
export async function readService(core: Core, name: string): Promise<UsedService> {
  const found = await core.stores.services.read(name)
  const [service] = found === null ? [] : await withLastUse(core, [found.record])
  if (service === undefined) throw new Problem('service_not_found')
  return service
}

/** @throws Problem service_not_found */
export async function removeService(core: Core, name: string, origin: Origin): Promise<void> {
  const wasThere = await core.stores.services.remove(name, {
    ...origin,
    action: 'service.removed',
    subject: name,
  })
  if (!wasThere) throw new Problem('service_not_found')
}

/** @throws Problem permission_missing */
function checkHeld(needed: readonly string[], held: readonly string[], verb: 'grant' | 'rotate'): void {
  const missing = needed.filter((permission) => !held.includes(permission))
  if (missing.length === 0) return
  throw new Problem('permission_missing', {
    detail: `Not held, so not yours to ${verb}: ${missing.join(', ')}.`,
  })
}

async function withLastUse(core: Core, records: readonly ServiceRecord[]): Promise<readonly UsedService[]> {
  const lastUsed = await core.stores.services.lastUsed(records.map(({ name }) => name))
  return records.map((record, index) => {
    const usedMs = lastUsed[index] ?? null
    // A use that was noted late may be of an earlier service of this name.
    const isOfThis = usedMs !== null && usedMs >= record.created
    return { ...serviceView(record), lastUsedAtMs: isOfThis ? usedMs : null }
  })
}

function serviceView(record: ServiceRecord): Service {
  return {
    name: record.name,
    permissions: record.permissions,
    createdAtMs: record.created,
    expiresAtMs: record.expires ?? null,
  }
}
