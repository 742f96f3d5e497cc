/**
 * Services: other programs with their own Basic credentials, each with only the permissions it was given.
 */
import type { Origin } from '../store/audit.ts'
import type { ServiceRecord } from '../store/records.ts'
import { isServiceName, type Permission } from './caller.ts'
import { keyUserName } from './carrier.ts'
import type { Core } from './core.ts'
import { makeCredential } from './credential.ts'
import { Problem } from './errors.ts'
import { digestOf } from './pepper.ts'
import type { Secret } from './secret.ts'
import { readSite } from './site.ts'

const dayMs = 86_400_000

export interface Service {
  readonly name: string
  readonly permissions: readonly string[]
  readonly createdAtMs: number
  /** null: never. */
  readonly expiresAtMs: number | null
}

export interface NewService {
  readonly name: string
  readonly permissions: readonly Permission[]
  /** null: never expires. */
  readonly lifetimeDays: number | null
}

export interface AddedService extends Service {
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
): Promise<AddedService> {
  if (!isServiceName(service.name) || service.name === keyUserName) throw new Problem('request_invalid')
  const missing = service.permissions.filter((permission) => !held.includes(permission))
  if (missing.length > 0) {
    throw new Problem('permission_missing', {
      detail: `Not held, so not yours to grant: ${missing.join(', ')}.`,
    })
  }
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

export async function listServices(core: Core): Promise<readonly Service[]> {
  return (await core.stores.services.list()).map(serviceView)
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

function serviceView(record: ServiceRecord): Service {
  return {
    name: record.name,
    permissions: record.permissions,
    createdAtMs: record.created,
    expiresAtMs: record.expires ?? null,
  }
}
