/** GET /v1/me: who am I, by which credential. */
import type { App } from '../../app.ts'
import { ref } from '../../schemas/common.ts'
import { guardedProblems } from '../../schemas/problem.ts'
import { Me } from '../../schemas/verdict.ts'
import { callerOf } from '../caller.ts'
import { callerOnWire } from '../wire.ts'

export function getMe(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/me',
    config: { access: { key: 'any', session: 'any', service: 'any' } },
    schema: {
      operationId: 'getMe',
      tags: ['caller'],
      summary: 'Who am I',
      description: 'The caller, with the roles and groups of this very moment.',
      response: { 200: ref(Me), ...guardedProblems() },
    },
    handler: async (request) => callerOnWire(callerOf(request)),
  })
}
