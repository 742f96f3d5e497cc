// Revoking all that match, for its tests: the order, its job, and what the audit log says of it.

import type { LightMyRequestResponse } from 'fastify'
import type { Job } from '../../schemas/job.ts'
import type { AuditEvent } from '../../store/audit.ts'
import type { TestRedis } from '../support/redis.ts'
import type { Instance } from '../support/site.ts'
import { auditEvents, type Headers, send, until } from './evidence.ts'

export async function revokeMatching(
  instance: Pick<Instance, 'app'>,
  headers: Headers,
  matching: object,
): Promise<LightMyRequestResponse> {
  return await send(instance, 'POST /v1/admin/api-keys/revoke', headers, { matching })
}

/** The job as it is read back once it has ended. */
export async function endedJob(
  instance: Pick<Instance, 'app'>,
  headers: Headers,
  { id }: Pick<Job, 'id'>,
): Promise<Job> {
  return await until('the end of the job', async () => {
    instance.app.continueJobs()
    const job: Job = (await send(instance, `GET /v1/admin/jobs/${id}`, headers)).json()
    return job.status === 'ended' ? job : null
  })
}

/** Public ids of the keys that this job revoked, one for each event. */
export async function revokedBy(server: TestRedis, job: string): Promise<readonly string[]> {
  const events = await auditEvents(server, 'api-key.revoked')
  return events.filter((event) => detailOf(event, 'job') === job).map((event) => detailOf(event, 'id'))
}

export function detailOf({ details = {} }: AuditEvent, name: string): string {
  return String((details as Readonly<Record<string, unknown>>)[name])
}
