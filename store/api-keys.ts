/**
 * API keys: records, the user's list, the shard's list, last uses. Every key is addressed through its user, so an
 * owner's view is scoped by the names themselves: another user's key has another name and is simply not there.
 * Callers: domain/api-keys.ts, domain/revocation.ts, domain/jobs.ts, domain/clamp.ts.
 */
import { type AuditEvent, auditArguments } from './audit.ts'
import { lastUseOf, placeOfNeverUsed } from './key-index.ts'
import { names, shardOf } from './names.ts'
import { type ApiKeyRecord, type Stored, stored, type UserRecord } from './records.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

/** `changed`: the record is another by now, or gone. */
export type ShortenOutcome = 'shortened' | 'ended' | 'changed'
/** A session of the owner, and its record's text as read: the key is minted only while it is the same. */
export interface SessionToMintFrom {
  readonly id: string
  readonly text: string
}

export type MintOutcome = 'minted' | 'user-changed' | 'session-changed' | 'limit' | 'expired' | 'exists'

export interface ApiKeyStore {
  nextNumber(): Promise<number>
  mint(
    owner: Stored<UserRecord>,
    key: string,
    record: ApiKeyRecord,
    limit: number,
    session: SessionToMintFrom | null,
    event: AuditEvent,
  ): Promise<MintOutcome>
  read(user: string, key: string): Promise<Stored<ApiKeyRecord> | null>
  /** Public ids of all keys in the user's list, dead ones included. */
  idsOfUser(user: string): Promise<readonly string[]>
  /** Records in the order of the ids; null where there is none (any more). */
  readAll(ids: readonly string[]): Promise<readonly (Stored<ApiKeyRecord> | null)[]>
  /** Last use in milliseconds since the epoch, in the order of the ids; null: never, or not noted yet. */
  lastUsed(ids: readonly string[]): Promise<readonly (number | null)[]>
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
  /** Brings the expiry forward. `after` has an expiry that is earlier than that of `before`. */
  shorten(
    id: string,
    before: Stored<ApiKeyRecord>,
    after: ApiKeyRecord & { e: number },
    event: AuditEvent,
  ): Promise<ShortenOutcome>
  /** Deletes what still is as it was seen. @returns how many records were deleted */
  removeDead(dead: readonly SeenApiKey[]): Promise<number>
  /** One step of a walk over a shard's list; `next` is '0' at the end. */
  walk(shard: string, cursor: string): Promise<{ readonly ids: readonly string[]; readonly next: string }>
  /** Keys in the lists of all given shards, expired ones not yet pruned included. */
  countListed(shards: readonly string[]): Promise<number>
  noteUses(shard: string, uses: ReadonlyMap<string, number>): Promise<void>
}

/** A key and the text its record had when it was judged dead; null: there was none. */
export interface SeenApiKey {
  readonly id: string
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

    async mint(owner, key, record, limit, session, event) {
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
          names.lastUsed(shard),
          names.auditOfShard(shard),
          ...(session === null ? [] : [names.session(user, session.id)]),
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
          placeOfNeverUsed(record.c),
          ...(session === null ? [] : [session.text]),
        ],
      )
      return reply as MintOutcome
    },

    async read(user, key) {
      const { texts } = await redis.read([names.apiKey(user, key)])
      return texts[0] == null ? null : stored(texts[0])
    },

    async idsOfUser(user) {
      const keys = (await redis.query('zrange', names.apiKeysOfUser(user), 0, -1)) as string[]
      return keys.map((key) => user + key)
    },

    async readAll(ids) {
      return await byShard(ids, async (_shard, idsOfShard) => {
        const texts = (await redis.query('mget', ...idsOfShard.map(recordName))) as (string | null)[]
        return texts.map((text) => (text === null ? null : stored<ApiKeyRecord>(text)))
      })
    },

    async lastUsed(ids) {
      return await byShard(ids, async (shard, idsOfShard) => {
        const scores = await redis.query('zmscore', names.lastUsed(shard), ...idsOfShard)
        return (scores as (number | string | null)[]).map((score) => lastUseOf(Number(score ?? -1)))
      })
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

    async shorten(id, before, after, event) {
      const user = userOf(id)
      const shard = shardOf(id)
      const reply = await redis.run(
        scripts.shortenApiKey,
        [
          recordName(id),
          names.apiKeysOfUser(user),
          names.allApiKeys(shard),
          names.expiries(shard),
          names.lastUsed(shard),
          names.auditOfShard(shard),
        ],
        [before.text, JSON.stringify(after), id.slice(8), id, after.e, ...auditArguments(event)],
      )
      return reply as ShortenOutcome
    },

    async removeDead(dead) {
      let removed = 0
      for (const [shard, deadOfShard] of Map.groupBy(dead, ({ id }) => shardOf(id))) {
        const lists = [names.allApiKeys(shard), names.expiries(shard), names.lastUsed(shard)]
        for (const some of inGroups(deadOfShard, recordsPerScript)) {
          const records = some.flatMap(({ id }) => [recordName(id), names.apiKeysOfUser(userOf(id))])
          const seen = some.flatMap(({ id, text }) => [id, text ?? ''])
          removed += Number(await redis.run(scripts.removeDeadApiKeys, [...lists, ...records], seen))
        }
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
        const records = some.map(([id]) => recordName(id))
        await redis.run(scripts.recordUse, [names.lastUsed(shard), ...records], some.flat())
      }
    },
  }
}

/** A public id is user (8) + key (8). */
function userOf(id: string): string {
  return id.slice(0, 8)
}

function recordName(id: string): string {
  return names.apiKey(userOf(id), id.slice(8))
}

/** Asks shard by shard, as a Cluster needs it, all at once. @returns the answers in the order of the ids */
async function byShard<Answer>(
  ids: readonly string[],
  ask: (shard: string, idsOfShard: readonly string[]) => Promise<readonly Answer[]>,
): Promise<readonly (Answer | null)[]> {
  const answers = new Map<string, Answer>()
  const shards = Map.groupBy(ids, shardOf)
  await Promise.all(
    [...shards].map(async ([shard, idsOfShard]) => {
      const found = await ask(shard, idsOfShard)
      for (const [index, id] of idsOfShard.entries()) {
        const answer = found[index]
        if (answer !== undefined) answers.set(id, answer)
      }
    }),
  )
  return ids.map((id) => answers.get(id) ?? null)
}

function* inGroups<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
