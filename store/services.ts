/**
 * Services: one record each, with Redis's own expiry, and the index that lists them.
 * Callers: domain/services.ts. Verification reads the records through the batch.
 */
import { type AuditEvent, auditArguments } from './audit.ts'
import { names } from './names.ts'
import { parseRecord, type ServiceRecord } from './records.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

export interface ServiceStore {
  add(record: ServiceRecord, event: AuditEvent): Promise<'added' | 'exists' | 'expired'>
  /** @returns whether there was one */
  remove(name: string, event: AuditEvent): Promise<boolean>
  /** All live services by name. */
  list(): Promise<readonly ServiceRecord[]>
}

export function createServiceStore(redis: RedisAccess): ServiceStore {
  return {
    async add(record, event) {
      const reply = await redis.run(
        scripts.addService,
        [names.service(record.name), names.services, names.auditOfSite],
        [JSON.stringify(record), record.name, record.expires ?? '', ...auditArguments(event)],
      )
      return reply as 'added' | 'exists' | 'expired'
    },
    async remove(name, event) {
      const reply = await redis.run(
        scripts.removeService,
        [names.service(name), names.services, names.auditOfSite],
        [name, ...auditArguments(event)],
      )
      return reply === 1
    },
    async list() {
      const listed = (await redis.query('zrange', names.services, 0, -1)) as string[]
      if (listed.length === 0) return []
      const texts = (await redis.query('mget', ...listed.map(names.service))) as (string | null)[]
      return texts.filter((text) => text !== null).map((text) => parseRecord<ServiceRecord>(text))
    },
  }
}
