/**
 * Services: one record each, with Redis's own expiry, the index that lists them, and their last uses.
 * Callers: domain/services.ts, store/last-used.ts. Verification reads the records through the batch.
 */
import { type AuditEvent, auditArguments } from './audit.ts'
import { names } from './names.ts'
import { parseRecord, type ServiceRecord, type Stored, stored } from './records.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

export interface ServiceStore {
  add(record: ServiceRecord, event: AuditEvent): Promise<'added' | 'exists' | 'expired'>
  read(name: string): Promise<Stored<ServiceRecord> | null>
  /** Keeps the expiry. @returns false when the record is another by now, or gone */
  replace(before: Stored<ServiceRecord>, after: ServiceRecord, event: AuditEvent): Promise<boolean>
  /** @returns whether there was one */
  remove(name: string, event: AuditEvent): Promise<boolean>
  /** All live services by name. What is left of expired ones is removed. */
  list(): Promise<readonly ServiceRecord[]>
  /** Last use in milliseconds since the epoch, in the order of the services; null: never, or not noted yet. */
  lastUsed(services: readonly string[]): Promise<readonly (number | null)[]>
  /** Notes uses (name → milliseconds since the epoch) of those services that still exist. */
  noteUses(uses: ReadonlyMap<string, number>): Promise<void>
}

export function createServiceStore(redis: RedisAccess): ServiceStore {
  async function removeGone(gone: readonly string[]): Promise<void> {
    const keys = [names.services, names.lastUsedOfServices, ...gone.map(names.service)]
    await redis.run(scripts.removeGoneServices, keys, gone)
  }

  return {
    async add(record, event) {
      const reply = await redis.run(
        scripts.addService,
        [names.service(record.name), names.services, names.auditOfSite],
        [JSON.stringify(record), record.name, record.expires ?? '', ...auditArguments(event)],
      )
      return reply as 'added' | 'exists' | 'expired'
    },
    async read(name) {
      const { texts } = await redis.read([names.service(name)])
      return texts[0] == null ? null : stored(texts[0])
    },
    async replace(before, after, event) {
      const reply = await redis.run(
        scripts.changeRecord,
        [names.service(before.record.name), names.auditOfSite],
        [before.text, JSON.stringify(after), ...auditArguments(event)],
      )
      return reply === 1
    },
    async remove(name, event) {
      const reply = await redis.run(
        scripts.removeService,
        [names.service(name), names.services, names.lastUsedOfServices, names.auditOfSite],
        [name, ...auditArguments(event)],
      )
      return reply === 1
    },
    async list() {
      const listed = (await redis.query('zrange', names.services, 0, -1)) as string[]
      if (listed.length === 0) return []
      const texts = (await redis.query('mget', ...listed.map(names.service))) as (string | null)[]
      const gone = listed.filter((_, index) => texts[index] === null)
      // Tidying is a courtesy: on a Redis that takes no writes, the list is still shown.
      if (gone.length > 0) await removeGone(gone).catch(() => {})
      return texts.filter((text) => text !== null).map((text) => parseRecord<ServiceRecord>(text))
    },
    async lastUsed(services) {
      if (services.length === 0) return []
      const scores = await redis.query('zmscore', names.lastUsedOfServices, ...services)
      return (scores as (number | string | null)[]).map((score) => (score === null ? null : Number(score)))
    },
    async noteUses(uses) {
      const records = [...uses.keys()].map(names.service)
      await redis.run(scripts.recordUse, [names.lastUsedOfServices, ...records], [...uses].flat())
    },
  }
}
