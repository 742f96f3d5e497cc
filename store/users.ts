/**
 * Users: the name that leads to the id, the record that every verdict reads, the shard's list.
 * Callers: domain/users.ts, domain/api-keys.ts.
 */
import { type AuditEvent, auditArguments } from './audit.ts'
import { names, shardOf } from './names.ts'
import { type Stored, stored, type UserRecord } from './records.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

export interface UserStore {
  /** The id that a name leads to, or null. A name may lead to an id whose record was not written yet. */
  findId(foldedName: string): Promise<string | null>
  /** Binds the name to the id, unless it is bound. @returns the id it is bound to now */
  claimId(foldedName: string, id: string): Promise<string>
  read(id: string): Promise<Stored<UserRecord> | null>
  /** Records in the order of the ids; null where there is none. */
  readAll(ids: readonly string[]): Promise<readonly (Stored<UserRecord> | null)[]>
  /** Writes the record unless there is one; either way there is one afterwards. */
  create(record: UserRecord, foldedName: string, event: AuditEvent): Promise<void>
  /** @returns false when the record is another by now, or gone */
  replace(before: Stored<UserRecord>, after: UserRecord, event: AuditEvent): Promise<boolean>
}

export function createUserStore(redis: RedisAccess): UserStore {
  return {
    async findId(foldedName) {
      const { texts } = await redis.read([names.userId(foldedName)])
      return texts[0] ?? null
    },
    async claimId(foldedName, id) {
      const earlier = await redis.write('set', names.userId(foldedName), id, 'NX', 'GET')
      return typeof earlier === 'string' ? earlier : id
    },
    async read(id) {
      const { texts } = await redis.read([names.user(id)])
      return texts[0] == null ? null : stored(texts[0])
    },
    async readAll(ids) {
      const { texts } = await redis.read(ids.map(names.user))
      return texts.map((text) => (text === null ? null : stored(text)))
    },
    async create(record, foldedName, event) {
      const shard = shardOf(record.id)
      await redis.run(
        scripts.createUser,
        [names.user(record.id), names.users(shard), names.auditOfShard(shard)],
        [JSON.stringify(record), userListMember(foldedName, record.id), ...auditArguments(event)],
      )
    },
    async replace(before, after, event) {
      const { id } = before.record
      const reply = await redis.run(
        scripts.changeRecord,
        [names.user(id), names.auditOfShard(shardOf(id))],
        [before.text, JSON.stringify(after), ...auditArguments(event)],
      )
      return reply === 1
    },
  }
}

/** Lists of users sort by name: the folded name, a character no name can hold, the id. */
function userListMember(foldedName: string, id: string): string {
  return `${foldedName}\u0000${id}`
}
