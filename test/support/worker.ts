// The rules over a Redis without an app: nothing runs by itself, so that a test takes every step of a job.

import type { Test } from 'tap'
import { type Core, createCore } from '../../domain/core.ts'
import { parsePeppers } from '../../domain/pepper.ts'
import { createPepperRing } from '../../domain/pepper-ring.ts'
import { openSite } from '../../domain/site.ts'
import { connectRedis, type RedisAccess, type RedisOptionsOfSite } from '../../store/redis.ts'
import { testPeppers } from './site.ts'
import { until } from './until.ts'

export interface Worker {
  readonly core: Core
  readonly redis: RedisAccess
}

/** Open. Closed after the test. */
export async function startWorker(t: Test, options: RedisOptionsOfSite): Promise<Worker> {
  const peppers = parsePeppers(testPeppers)
  if (typeof peppers === 'string') throw new Error(peppers)
  const redis = connectRedis({ readDeadlineMs: 20_000, writeDeadlineMs: 20_000, ...options })
  t.teardown(async () => await redis.close())
  const core = createCore(redis, createPepperRing(peppers))
  await until('a worker is connected', () => redis.isReady)
  await openSite(core)
  return { core, redis }
}
