/**
 * Commands that work on the machine itself, straight on the database, also while the server runs: they take the server's
 * environment and its data folder, and no credentials.
 */
import { type Config, readConfig } from '../config.ts'
import { openSite } from '../domain/site.ts'
import { Failure } from './failure.ts'
import { type OpenCore, openCore, StartRefused, whenReady } from './open-core.ts'

const patienceMs = 5_000

/** @throws ConfigError, StartRefused, SiteRefused, EmbeddedRedisError, Problem */
export async function onTheMachine<Result>(
  work: (open: OpenCore, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(process.env)
  let lastError: Error | undefined
  const open = await openCore(config, {
    mayJoin: true,
    onError: (error) => {
      lastError = error
    },
  })
  try {
    if (!(await whenReady(open.redis, patienceMs))) {
      throw new StartRefused(`Redis does not answer: ${lastError?.message ?? 'no connection'}.`)
    }
    return await work(open, config)
  } finally {
    await open.close()
  }
}

/** The same over a site that was opened. @throws Failure when there is none */
export async function onTheSite<Result>(work: (open: OpenCore) => Promise<Result>): Promise<Result> {
  return await onTheMachine(async (open) => {
    if (!(await openSite(open.core))) {
      throw new Failure('There is no site yet: start the server, or with REDIS_URL run `latchkey init`.')
    }
    return await work(open)
  })
}
