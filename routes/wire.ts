/**
 * From the domain's values to their wire shapes: milliseconds become RFC 3339, secrets are revealed, once, here.
 */
import type { MintedApiKey } from '../domain/api-key-mint.ts'
import type { ApiKey } from '../domain/api-keys.ts'
import type { Caller, UserIdentity } from '../domain/caller.ts'
import type { Service, ServiceWithSecret, UsedService } from '../domain/services.ts'
import type { ListedUser } from '../domain/user-list.ts'
import type { ApiKey as ApiKeyOnWire, MintedApiKey as MintedApiKeyOnWire } from '../schemas/api-key.ts'
import type { Job as JobOnWire } from '../schemas/job.ts'
import type { AddedService as AddedServiceOnWire, Service as ServiceOnWire } from '../schemas/service.ts'
import type { ListedUser as ListedUserOnWire, User as UserOnWire } from '../schemas/user.ts'
import type { Me } from '../schemas/verdict.ts'
import type { JobRecord } from '../store/jobs.ts'
import type { UserRecord } from '../store/records.ts'

export function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

export function timeTextOrNull(ms: number | null): string | null {
  return ms === null ? null : timeText(ms)
}

export function apiKeyOnWire(key: ApiKey): ApiKeyOnWire {
  return { ...sharedMembers(key), lastUsedAt: timeTextOrNull(key.lastUsedAtMs) }
}

/** The only place where a new key's secret is shown. */
export function mintedApiKeyOnWire(key: MintedApiKey): MintedApiKeyOnWire {
  return { ...sharedMembers(key), secret: key.secret.reveal() }
}

function sharedMembers({ id, number, user, description, createdAtMs, expiresAtMs }: ApiKey) {
  return {
    id,
    number,
    kind: 'api-key',
    user,
    description,
    createdAt: timeText(createdAtMs),
    expiresAt: timeTextOrNull(expiresAtMs),
  } as const
}

export function jobOnWire({ id, kind, startedMs, endedMs, total, examined, done }: JobRecord): JobOnWire {
  const status = endedMs === null ? 'running' : 'ended'
  const times = { startedAt: timeText(startedMs), endedAt: timeTextOrNull(endedMs) }
  return { id, kind, status, ...times, total, examined, done }
}

export function userOnWire({ id, name, roles, groups, disabled, created }: UserRecord): UserOnWire {
  return {
    id,
    name,
    roles: [...roles],
    groups: [...groups],
    disabled: disabled === true,
    createdAt: timeText(created),
  }
}

export function listedUserOnWire({ user, apiKeys }: ListedUser): ListedUserOnWire {
  return { ...userOnWire(user), apiKeys }
}

export function serviceOnWire(service: UsedService): ServiceOnWire {
  return { ...sharedMembersOfService(service), lastUsedAt: timeTextOrNull(service.lastUsedAtMs) }
}

/** The only place where a service's new secret is shown. */
export function serviceWithSecretOnWire(service: ServiceWithSecret): AddedServiceOnWire {
  return { ...sharedMembersOfService(service), secret: service.secret.reveal() }
}

function sharedMembersOfService({ name, permissions, createdAtMs, expiresAtMs }: Service) {
  return {
    name,
    permissions: permissions as ServiceOnWire['permissions'],
    createdAt: timeText(createdAtMs),
    expiresAt: timeTextOrNull(expiresAtMs),
  }
}

export function callerOnWire(caller: Caller): Me {
  const { kind, id } = caller
  const expiresAt = timeTextOrNull(caller.expiresAtMs)
  if (caller.kind === 'service') {
    return { active: true, kind, id, service: { name: id, permissions: [...caller.permissions] }, expiresAt }
  }
  // The records' lists are read-only where the schema's are not; nobody writes to either.
  const user = caller.user as NonNullable<Me['user']>
  if (caller.kind === 'api-key') return { active: true, kind, id, user, expiresAt }
  const context = caller.context as NonNullable<Me['context']>
  const impersonator =
    caller.impersonator === null ? {} : { impersonator: identityOnWire(caller.impersonator) }
  return { active: true, kind, id, user, ...impersonator, expiresAt, context }
}

function identityOnWire({ id, name }: UserIdentity): NonNullable<Me['impersonator']> {
  return { id, name }
}
