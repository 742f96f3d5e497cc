/** /health: for orchestrators and load balancers. Open to anyone, and silent about everything but "yes" and "no". */
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { readSite } from '../../domain/site.ts'
import { problems } from '../../schemas/problem.ts'

const Healthy = Type.Object({ status: Type.Literal('ok') })

export async function healthRoutes(app: App): Promise<void> {
  app.route({
    method: 'GET',
    url: '/health/live',
    config: { access: 'anyone' },
    schema: {
      operationId: 'getLive',
      tags: ['health'],
      summary: 'The process runs',
      response: { 200: Healthy, ...problems() },
    },
    handler: async () => ({ status: 'ok' }) as const,
  })
  app.route({
    method: 'GET',
    url: '/health/ready',
    config: { access: 'anyone' },
    schema: {
      operationId: 'getReady',
      tags: ['health'],
      summary: 'Requests can be served: Redis answers and holds the site',
      response: { 200: Healthy, ...problems() },
    },
    handler: async () => {
      await readSite(app.core)
      return { status: 'ok' } as const
    },
  })
}
