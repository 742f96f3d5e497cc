/**
 * Opens the site and keeps trying until it is open: Redis may come after us, and an external one may be initialised while
 * we run. Until then every request that needs it gets 503 with the reason.
 */
import fp from 'fastify-plugin'
import { openSite, SiteRefused } from '../domain/site.ts'

const everyMs = 1_000

export const sitePlugin = fp(
  async (app) => {
    let timer: NodeJS.Timeout | undefined
    let isStopped = false

    async function tryToOpen(): Promise<void> {
      try {
        if (await openSite(app.core)) {
          app.log.info({ site: app.core.gate.id() }, 'the site is open')
          app.continueJobs()
          return
        }
      } catch (error) {
        if (error instanceof SiteRefused) {
          app.core.gate.refuse('site_not_open')
          app.log.fatal(error.message)
          return
        }
        app.log.debug({ err: error }, 'the site could not be opened yet')
      }
      if (!isStopped) timer = setTimeout(() => void tryToOpen(), everyMs)
    }

    app.addHook('onReady', async () => {
      if (!app.core.gate.isOpen) void tryToOpen()
    })
    app.addHook('onClose', async () => {
      isStopped = true
      clearTimeout(timer)
    })
  },
  { name: 'site', dependencies: ['core', 'jobs'], fastify: '5.x' },
)
