/** GET /v1/admin/jobs/{id}: how far a job is. */
import { Type } from 'typebox'
import type { App } from '../../../app.ts'
import { readJob } from '../../../domain/jobs.ts'
import { ref } from '../../../schemas/common.ts'
import { Job } from '../../../schemas/job.ts'
import { guardedProblems } from '../../../schemas/problem.ts'
import { jobOnWire } from '../../wire.ts'

export function getJob(app: App): void {
  app.route({
    method: 'GET',
    url: '/v1/admin/jobs/:id',
    config: { access: { key: 'admin', session: 'admin', service: ['admin', 'revoke'] } },
    schema: {
      operationId: 'getJob',
      tags: ['administration'],
      summary: 'How far a job is',
      params: Type.Object({ id: Type.String({ pattern: '^[0-9A-Za-z]{8}$', examples: ['q1W2e3R4'] }) }),
      response: { 200: ref(Job), ...guardedProblems('request_invalid', 'job_not_found') },
    },
    handler: async (request) => jobOnWire(await readJob(app.core, request.params.id)),
  })
}
