/**
 * API keys: records, the user's list, the shard's list, last uses. Every key is addressed through its user, so an
 * owner's view is scoped by the names themselves: another user's key has another name and is simply not there.
 * Callers: domain/api-keys.ts, domain/revocation.ts, domain/clean-up.ts.
 */
import { type AuditEvent, auditArguments } from './audit.ts'
import { names, shardOf } from './names.ts'
import { type ApiKeyRecord, type Stored, stored, type UserRecord } from './records.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

export type MintOutcome = 'minted' | 'user-changed' | 'limit' | 'expired' | 'exists'

export interface ApiKeyStore {
  nextNumber(): Promise<number>
  mint(
    owner: Stored<UserRecord>,
    key: string,
    record: ApiKeyRecord,
    limit: number,
    event: AuditEvent,
  ): Promise<MintOutcome>
  read(user: string, key: string): Promise<Stored<ApiKeyRecord> | null>
  /** Ids (8 characters) of all keys in the user's list, dead ones included. */
  keysOfUser(user: string): Promise<readonly string[]>
  /** Records in the order of the keys; null where there is none (any more). */
  readAll(user: string, keys: readonly string[]): Promise<readonly (Stored<ApiKeyRecord> | null)[]>
  /** Last use in milliseconds since the epoch, in the order of the keys; null: never, or not noted yet. */
  lastUsed(user: string, keys: readonly string[]): Promise<readonly (number | null)[]>
  /** @returns false when the record is another by now, or gone */
  replace(
    user: string,
    key: string,
    before: Stored<ApiKeyRecord>,
    after: ApiKeyRecord,
    event: AuditEvent,
  ): Promise<boolean>
  /** @returns whether there was one */
  revoke(user: string, key: string, event: AuditEvent): Promise<boolean>
  /** Deletes what still is as it was seen. @returns how many records were deleted */
  removeDead(user: string, dead: readonly SeenApiKey[]): Promise<number>
  /** One step of a walk over a shard's list; `next` is '0' at the end. */
  walk(shard: string, cursor: string): Promise<{ readonly ids: readonly string[]; readonly next: string }>
  /** Keys in the lists of all given shards, expired ones not yet pruned included. */
  countListed(shards: readonly string[]): Promise<number>
  noteUses(shard: string, uses: ReadonlyMap<string, number>): Promise<void>
}

/** A key and the text its record had when it was judged dead; null: there was none. */
export interface SeenApiKey {
  readonly key: string
  readonly text: string | null
}

/** Records that one script deletes or notes: keeps each script well under a millisecond or two. */
const recordsPerScript = 250
const idsPerStep = 500

export function createApiKeyStore(redis: RedisAccess): ApiKeyStore {
  return {
    async nextNumber() {
      return Number(await redis.write('incr', names.keyNumbers))
    },

    async mint(owner, key, record, limit, event) {
      const user = owner.record.id
      const shard = shardOf(user)
      const reply = await redis.run(
        scripts.mintApiKey,
        [
          names.user(user),
          names.apiKey(user, key),
          names.apiKeysOfUser(user),
          names.allApiKeys(shard),
          names.expiries(shard),
          names.auditOfShard(shard),
        ],
        [
          owner.text,
          JSON.stringify(record),
          key,
          user + key,
          record.c,
          record.e ?? '+inf',
          limit,
          ...auditArguments(event),
        ],
      )
      return reply as MintOutcome
    },

    async read(user, key) {
      const { texts } = await redis.read([names.apiKey(user, key)])
      return texts[0] == null ? null : stored(texts[0])
    },

    async keysOfUser(user) {
      return (await redis.query('zrange', names.apiKeysOfUser(user), 0, -1)) as string[]
    },

    async readAll(user, keys) {
      if (keys.length === 0) return []
      const texts = await redis.query('mget', ...keys.map((key) => names.apiKey(user, key)))
      return (texts as (string | null)[]).map((text) => (text === null ? null : stored(text)))
    },

    async lastUsed(user, keys) {
      if (keys.length === 0) return []
      const ids = keys.map((key) => user + key)
      const scores = await redis.query('zmscore', names.lastUsed(shardOf(user)), ...ids)
      return (scores as (number | string | null)[]).map((score) => (score === null ? null : Number(score)))
    },

    async replace(user, key, before, after, event) {
      const reply = await redis.run(
        scripts.changeRecord,
        [names.apiKey(user, key), names.auditOfShard(shardOf(user))],
        [before.text, JSON.stringify(after), ...auditArguments(event)],
      )
      return reply === 1
    },

    async revoke(user, key, event) {
      const shard = shardOf(user)
      const reply = await redis.run(
        scripts.revokeApiKey,
        [
          names.apiKey(user, key),
          names.apiKeysOfUser(user),
          names.allApiKeys(shard),
          names.expiries(shard),
          names.lastUsed(shard),
          names.auditOfShard(shard),
        ],
        [key, user + key, ...auditArguments(event)],
      )
      return reply === 1
    },

    async removeDead(user, dead) {
      const shard = shardOf(user)
      let removed = 0
      for (const some of inGroups(dead, recordsPerScript)) {
        const lists = [
          names.apiKeysOfUser(user),
          names.allApiKeys(shard),
          names.expiries(shard),
          names.lastUsed(shard),
        ]
        const records = some.map(({ key }) => names.apiKey(user, key))
        const seen = some.flatMap(({ key, text }) => [key, text ?? ''])
        removed += Number(await redis.run(scripts.removeDeadApiKeys, [...lists, ...records], [...seen, user]))
      }
      return removed
    },

    async walk(shard, cursor) {
      const reply = await redis.query('zscan', names.allApiKeys(shard), cursor, 'COUNT', idsPerStep)
      const [next, membersAndScores] = reply as [string, string[]]
      return { next, ids: membersAndScores.filter((_, index) => index % 2 === 0) }
    },

    async countListed(shards) {
      const counts = await Promise.all(shards.map((shard) => redis.query('zcard', names.allApiKeys(shard))))
      return counts.reduce((sum: number, count) => sum + Number(count), 0)
    },

    async noteUses(shard, uses) {
      for (const some of inGroups([...uses], recordsPerScript)) {
        const records = some.map(([id]) => names.apiKey(id.slice(0, 8), id.slice(8)))
        await redis.run(scripts.recordUse, [names.lastUsed(shard), ...records], some.flat())
      }
    },
  }
}

function* inGroups<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
