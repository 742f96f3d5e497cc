/**
 * The site record: id, settings, key generation, pepper checks. Its absence means "wrong or flushed database".
 * Callers: domain/site.ts, domain/settings.ts, domain/revocation.ts.
 */
import { type AuditEvent, auditArguments } from './audit.ts'
import { names } from './names.ts'
import { type ServiceRecord, type SiteRecord, type Stored, stored } from './records.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

export interface SiteStore {
  /** The site as it is, and the time of Redis; null: there is none. */
  read(): Promise<{ readonly site: Stored<SiteRecord> | null; readonly nowMs: number }>
  /** Writes the site and its first service. @returns false when there is a site already */
  create(
    record: SiteRecord,
    first: ServiceRecord & { readonly expires: number },
    event: AuditEvent,
  ): Promise<boolean>
  /** @returns false when the record is another by now */
  replace(before: Stored<SiteRecord>, after: SiteRecord, event: AuditEvent): Promise<boolean>
  /** Puts a new key generation and files the clean-up job. @returns false when the record is another by now */
  revokeAllApiKeys(
    before: Stored<SiteRecord>,
    after: SiteRecord,
    job: { readonly id: string },
    event: AuditEvent,
  ): Promise<boolean>
}

export function createSiteStore(redis: RedisAccess): SiteStore {
  return {
    async read() {
      const { texts, nowMs } = await redis.read([names.site])
      return { site: texts[0] == null ? null : stored(texts[0]), nowMs }
    },
    async create(record, first, event) {
      const reply = await redis.run(
        scripts.createSite,
        [names.site, names.service(first.name), names.services, names.auditOfSite],
        [JSON.stringify(record), JSON.stringify(first), first.name, first.expires, ...auditArguments(event)],
      )
      return reply === 1
    },
    async replace(before, after, event) {
      const reply = await redis.run(
        scripts.changeRecord,
        [names.site, names.auditOfSite],
        [before.text, JSON.stringify(after), ...auditArguments(event)],
      )
      return reply === 1
    },
    async revokeAllApiKeys(before, after, job, event) {
      const reply = await redis.run(
        scripts.revokeAllApiKeys,
        [names.site, names.auditOfSite, names.jobs],
        [before.text, JSON.stringify(after), ...auditArguments(event), job.id, JSON.stringify(job)],
      )
      return reply === 1
    },
  }
}
