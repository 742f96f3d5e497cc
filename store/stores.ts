/**
 * All stores over one Redis, made together.
 */
import { type ApiKeyStore, createApiKeyStore } from './api-keys.ts'
import { createJobStore, type JobStore } from './jobs.ts'
import { createKeyIndexStore, type KeyIndexStore } from './key-index.ts'
import type { RedisAccess } from './redis.ts'
import { createServiceStore, type ServiceStore } from './services.ts'
import { createSiteStore, type SiteStore } from './site.ts'
import { createUserStore, type UserStore } from './users.ts'

export interface Stores {
  readonly users: UserStore
  readonly apiKeys: ApiKeyStore
  readonly keyIndex: KeyIndexStore
  readonly site: SiteStore
  readonly services: ServiceStore
  readonly jobs: JobStore
}

export function createStores(redis: RedisAccess): Stores {
  return {
    users: createUserStore(redis),
    apiKeys: createApiKeyStore(redis),
    keyIndex: createKeyIndexStore(redis),
    site: createSiteStore(redis),
    services: createServiceStore(redis),
    jobs: createJobStore(redis),
  }
}
