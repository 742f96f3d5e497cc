/**
 * Continues jobs: soon after one was filed, at intervals, and so also those of an instance that died. And tidies the indexes.
 */
import fp from 'fastify-plugin'
import { runOpenJobs } from '../domain/jobs.ts'
import { removeExpired } from '../domain/tidying.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Begins open jobs now instead of at the next interval. */
    continueJobs(): void
  }
}

const everyMs = 5_000
const tidyEveryMs = 60_000

export const jobsPlugin = fp(
  async (app) => {
    let running: Promise<void> | null = null
    let isStopped = false

    function continueJobs(): void {
      if (isStopped || running !== null || !app.core.gate.isOpen) return
      running = runOpenJobs(app.core, () => isStopped)
        .catch((error: unknown) =>
          app.log.warn({ err: error }, 'a job was interrupted and is continued later'),
        )
        .finally(() => {
          running = null
        })
    }

    let tidying: Promise<void> | null = null
    function tidy(): void {
      if (isStopped || tidying !== null || !app.core.gate.isOpen) return
      tidying = removeExpired(app.core)
        .then(() => {})
        .catch((error: unknown) =>
          app.log.debug({ err: error }, 'the indexes were not tidied; tried again later'),
        )
        .finally(() => {
          tidying = null
        })
    }

    app.decorate('continueJobs', continueJobs)
    const tidyTimer = setInterval(tidy, tidyEveryMs)
    tidyTimer.unref()
    const timer = setInterval(continueJobs, everyMs)
    timer.unref()
    app.addHook('onReady', async () => continueJobs())
    app.addHook('onClose', async () => {
      isStopped = true
      clearInterval(timer)
      clearInterval(tidyTimer)
      await Promise.all([running, tidying])
    })
  },
  { name: 'jobs', dependencies: ['core'], fastify: '5.x' },
)
