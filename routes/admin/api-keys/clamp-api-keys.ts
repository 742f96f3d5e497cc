/** POST /v1/admin/api-keys/clamp: bring the expiries of existing API keys forward to the policy. */
import type { App } from '../../../app.ts'
import { startClamp } from '../../../domain/clamp.ts'
import { ref } from '../../../schemas/common.ts'
import { Job } from '../../../schemas/job.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { originOf } from '../../caller.ts'
import { jobOnWire } from '../../wire.ts'

export function postClamp(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/admin/api-keys/clamp',
    config: { access: { key: 'admin', session: 'admin', service: ['admin', 'revoke'] } },
    schema: {
      operationId: 'postClamp',
      tags: ['administration'],
      summary: 'Shorten existing API keys to the policy',
      description:
        'Brings forward the expiry of every live key that outlives the setting apiKeyLifetimeDays, counted from its ' +
        'creation; keys older than that end. Never lengthens. See GET /v1/settings/preview first.',
      response: {
        202: { description: 'Begun; the job tells how far it is.', ...ref(Job) },
        ...writeProblems('policy_is_never', 'outcome_unknown'),
      },
    },
    handler: async (request, reply) => {
      const job = await startClamp(app.core, originOf(request))
      app.continueJobs()
      reply.code(202)
      return jobOnWire(job)
    },
  })
}
