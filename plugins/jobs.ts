/**
 * Continues jobs: soon after one was filed, at intervals, and so also those of an instance that died.
 */
import fp from 'fastify-plugin'
import { runOpenJobs } from '../domain/jobs.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Begins open jobs now instead of at the next interval. */
    continueJobs(): void
  }
}

const everyMs = 5_000

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

    app.decorate('continueJobs', continueJobs)
    const timer = setInterval(continueJobs, everyMs)
    timer.unref()
    app.addHook('onReady', async () => continueJobs())
    app.addHook('onClose', async () => {
      isStopped = true
      clearInterval(timer)
      await running
    })
  },
  { name: 'jobs', dependencies: ['core'], fastify: '5.x' },
)
