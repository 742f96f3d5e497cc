/**
 * Decorates the app with what the rules work with (`core`) and with the notes of last use and counts of uses. Shared, so fp-wrapped.
 */
import fp from 'fastify-plugin'
import type { Core } from '../domain/core.ts'
import type { LastUsed } from '../store/last-used.ts'
import { createUseCounts, type UseCounts } from '../store/use-counts.ts'

declare module 'fastify' {
  interface FastifyInstance {
    core: Core
    lastUsed: LastUsed
    useCounts: UseCounts
    /** Origin that users see. */
    publicUrl: string
  }
}

export interface CorePluginOptions {
  readonly core: Core
  readonly lastUsed: LastUsed
  readonly publicUrl: string
}

export const corePlugin = fp<CorePluginOptions>(
  async (app, { core, lastUsed, publicUrl }) => {
    app.decorate('core', core)
    app.decorate('lastUsed', lastUsed)
    app.decorate('publicUrl', publicUrl)
    const useCounts = createUseCounts(core.stores.useCounts)
    app.decorate('useCounts', useCounts)
    app.addHook('onClose', async () => {
      await Promise.all([lastUsed.close(), useCounts.close()])
    })
  },
  { name: 'core', fastify: '5.x' },
)
