/**
 * All stores over one Redis, made together.
 */
import { type ApiKeyStore, createApiKeyStore } from './api-keys.ts'
import { type AuditLogStore, createAuditLogStore } from './audit-log.ts'
import { createJobStore, type JobStore } from './jobs.ts'
import { createKeyIndexStore, type KeyIndexStore } from './key-index.ts'
import type { RedisAccess } from './redis.ts'
import { createServiceStore, type ServiceStore } from './services.ts'
import { createSessionStore, type SessionStore } from './sessions.ts'
import { createSignInStore, type SignInStore } from './sign-in.ts'
import { createSiteStore, type SiteStore } from './site.ts'
import { createUseCountStore, type UseCountStore } from './use-counts.ts'
import { createUserStore, type UserStore } from './users.ts'

export interface Stores {
  readonly users: UserStore
  readonly apiKeys: ApiKeyStore
  readonly keyIndex: KeyIndexStore
  readonly sessions: SessionStore
  readonly signIn: SignInStore
  readonly site: SiteStore
  readonly services: ServiceStore
  readonly jobs: JobStore
  readonly auditLog: AuditLogStore
  readonly useCounts: UseCountStore
}

export function createStores(redis: RedisAccess): Stores {
  return {
    users: createUserStore(redis),
    apiKeys: createApiKeyStore(redis),
    keyIndex: createKeyIndexStore(redis),
    sessions: createSessionStore(redis),
    signIn: createSignInStore(redis),
    site: createSiteStore(redis),
    services: createServiceStore(redis),
    jobs: createJobStore(redis),
    auditLog: createAuditLogStore(redis),
    useCounts: createUseCountStore(redis),
  }
}
