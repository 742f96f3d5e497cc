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
    app.addHook('onClose', async () => await lastUsed.close())
  },
  { name: 'core', fastify: '5.x' },
)
