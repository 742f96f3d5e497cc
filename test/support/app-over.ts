// One more app over the Redis of a site, as it would be configured elsewhere: behind another public address.

import { pino } from 'pino'
import type { Test } from 'tap'
import { type App, type AppOptions, buildApp } from '../../app.ts'
import { createLastUsed } from '../../store/last-used.ts'
import type { Instance } from './site.ts'

/** Open, with the rules and connections of the site. Closed after the test. */
export async function startAppOver(
  t: Test,
  { core }: Pick<Instance, 'core'>,
  config: Partial<AppOptions['config']>,
): Promise<{ readonly app: App }> {
  const app = await buildApp({
    config: {
      publicUrl: 'http://localhost:3000',
      trustedProxies: [],
      mayUseInsecureCookies: false,
      ...config,
    },
    core,
    lastUsed: createLastUsed(core.stores.apiKeys, core.stores.services),
    logger: pino({ level: 'silent' }),
    version: '0.0.0',
  })
  t.teardown(async () => await app.close())
  await app.ready()
  return { app }
}
