/**
 * What every rule works with: the stores, the site's gate, the peppers and the verifier, made together once a process.
 */
import type { RedisAccess } from '../store/redis.ts'
import { createStores, type Stores } from '../store/stores.ts'
import type { PepperRing } from './pepper-ring.ts'
import { createSiteGate, type SiteGate } from './site.ts'
import { createVerifier, type Verifier } from './verification.ts'

export interface Core {
  readonly stores: Stores
  readonly gate: SiteGate
  readonly peppers: PepperRing
  readonly verifier: Verifier
}

export function createCore(redis: RedisAccess, peppers: PepperRing): Core {
  const gate = createSiteGate()
  return { stores: createStores(redis), gate, peppers, verifier: createVerifier(redis, gate, peppers) }
}
