/**
 * A close that resets nobody (threat 39): no new connections, then every open one is told with its next answer that it is
 * the last (`Connection: close`, which Fastify sends once it is closing), and only what stays idle is closed.
 */
import { Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import fp from 'fastify-plugin'

/** How long idle connections are waited for: a request may be on its way on any of them. */
const patienceMs = 1_500
const everyMs = 25

export const drainPlugin = fp(
  async (app) => {
    app.addHook('preClose', async () => {
      const { server } = app
      if (!server.listening) return
      // Not the HTTP server's own close: that also closes idle connections, under requests that are on their way.
      Server.prototype.close.call(server)
      const openConnections = (): Promise<number> =>
        new Promise((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)))
      const deadline = performance.now() + patienceMs
      while (performance.now() < deadline && (await openConnections()) > 0) await delay(everyMs)
    })
  },
  { name: 'drain', fastify: '5.x' },
)
