/**
 * Users: the name that leads to the id, the record that every verdict reads, the shard's list.
 * Callers: domain/users.ts, domain/user-list.ts, domain/user-deletion.ts, domain/api-keys.ts.
 */
import { type AuditEvent, auditArguments } from './audit.ts'
import { names, shardOf } from './names.ts'
import { type Stored, stored, type UserRecord } from './records.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'
import { readUserList, type UserPlace, userListMember } from './user-list.ts'

/** `deleted`: the id belonged to a user who was deleted, and is not used again. */
export type UserCreation = 'created' | 'exists' | 'deleted'

export interface UserStore {
  /** The id that a name leads to, or null. A name may lead to an id whose record was not written yet. */
  findId(foldedName: string): Promise<string | null>
  /** Binds the name to the id, unless it is bound. @returns the id it is bound to now */
  claimId(foldedName: string, id: string): Promise<string>
  /** Unbinds the name from the id of a deleted user, if it still leads there. */
  releaseName(foldedName: string, id: string): Promise<void>
  read(id: string): Promise<Stored<UserRecord> | null>
  /** Records in the order of the ids; null where there is none. */
  readAll(ids: readonly string[]): Promise<readonly (Stored<UserRecord> | null)[]>
  /** Writes the record unless there is one. */
  create(record: UserRecord, foldedName: string, event: AuditEvent): Promise<UserCreation>
  /** @returns false when the record is another by now, or gone */
  replace(before: Stored<UserRecord>, after: UserRecord, event: AuditEvent): Promise<boolean>
  /** Deletes the record, its list entry, sign-in and sessions; the name stays bound. @returns false when it is another by now, or gone */
  delete(before: Stored<UserRecord>, foldedName: string, event: AuditEvent): Promise<boolean>
  /** The first places, in order, whose names begin so, after the given place (null: from the beginning). */
  list(
    beginning: string,
    after: UserPlace | null,
    count: number,
    order?: 'asc' | 'desc',
  ): Promise<readonly UserPlace[]>
  /** Removes a list entry whose record is gone. */
  removeEntry(place: UserPlace): Promise<void>
  /** API keys in the user's list that have not expired. */
  countApiKeys(id: string, nowMs: number): Promise<number>
}

/**
 * How long a deleted id is kept from being created anew: longer than any session lasts (720 hours at most), and than a
 * request that has read its name, or a deletion that has yet to unbind it, can take.
 */
const deletedMarkMs = 45 * 86_400_000

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
    async releaseName(foldedName, id) {
      await redis.run(scripts.releaseName, [names.userId(foldedName)], [id])
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
      const { id } = record
      const shard = shardOf(id)
      const reply = await redis.run(
        scripts.createUser,
        [names.user(id), names.users(shard), names.deletedUser(id), names.auditOfShard(shard)],
        [JSON.stringify(record), userListMember({ foldedName, id }), ...auditArguments(event)],
      )
      return reply as UserCreation
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
    async delete(before, foldedName, event) {
      const { id } = before.record
      const shard = shardOf(id)
      const sessions = (await redis.query('zrange', names.sessionsOfUser(id), 0, -1)) as string[]
      const reply = await redis.run(
        scripts.deleteUser,
        [
          names.user(id),
          names.users(shard),
          names.deletedUser(id),
          names.auditOfShard(shard),
          names.signIn(id),
          names.sessionsOfUser(id),
          ...sessions.map((session) => names.session(id, session)),
        ],
        [before.text, userListMember({ foldedName, id }), deletedMarkMs, ...auditArguments(event)],
      )
      return reply === 1
    },
    list: async (beginning, after, count, order) => await readUserList(redis, beginning, after, count, order),
    async removeEntry(place) {
      const users = names.users(shardOf(place.id))
      await redis.run(scripts.removeUserEntry, [names.user(place.id), users], [userListMember(place)])
    },
    async countApiKeys(id, nowMs) {
      return Number(await redis.query('zcount', names.apiKeysOfUser(id), `(${nowMs}`, '+inf'))
    },
  }
}
