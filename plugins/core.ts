/**
 * Decorates the app with what the rules work with (`core`) and with the notes of last use. Shared, so fp-wrapped.
 */
import fp from 'fastify-plugin'
import type { Core } from '../domain/core.ts'
import type { LastUsed } from '../store/last-used.ts'

declare module 'fastify' {
  interface FastifyInstance {
    core: Core
    lastUsed: LastUsed
  }
}

export interface CorePluginOptions {
  readonly core: Core
  readonly lastUsed: LastUsed
}

export const corePlugin = fp<CorePluginOptions>(
  async (app, { core, lastUsed }) => {
    app.decorate('core', core)
    app.decorate('lastUsed', lastUsed)
    app.addHook('onClose', async () => await lastUsed.close())
  },
  { name: 'core', fastify: '5.x' },
)
