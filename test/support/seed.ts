// Many API keys at once, written straight into Redis as minting would leave them, spread over many users and all shards.
// For sizes that nobody wants to mint: 20,000 take a second or two, 1,000,000 a minute or two.

import { Redis } from 'ioredis'
import { encodeBase62 } from '../../domain/base62.ts'
import type { Core } from '../../domain/core.ts'
import { idLength, makeCredential, makeId } from '../../domain/credential.ts'
import { digestOf } from '../../domain/pepper.ts'
import { placeOfNeverUsed } from '../../store/key-index.ts'
import { names, shardOf, shards } from '../../store/names.ts'
import type { ApiKeyRecord, UserRecord } from '../../store/records.ts'
import { basic } from './site.ts'

export interface SeedOptions {
  readonly count: number
  readonly keysPerUser?: number
  /** Shards of the users; left out: all of them in turn. */
  readonly inShards?: readonly string[]
  /** Last use of all of them, in milliseconds since the epoch; left out: they were never used. */
  readonly usedAtMs?: number
  /** How many of the keys are handed back. */
  readonly sampleSize?: number
}

export interface SeededKey {
  readonly id: string
  readonly secret: string
  readonly user: string
  readonly headers: { readonly authorization: string }
}

const usersPerPipeline = 200

/** @returns a sample, spread over all that was seeded */
export async function seedApiKeys(
  core: Core,
  socketPath: string,
  { count, keysPerUser = 10, inShards = shards, usedAtMs, sampleSize = 100 }: SeedOptions,
): Promise<readonly SeededKey[]> {
  const { site, nowMs } = await core.stores.site.read()
  if (site === null) throw new Error('there is no site to seed')
  const redis = new Redis(socketPath)
  const sample: SeededKey[] = []
  const sampleEvery = Math.max(1, Math.floor(count / sampleSize))
  // Beside other seeds in one database.
  const seed = makeId().slice(0, 3)
  const userCount = Math.ceil(count / keysPerUser)

  let seeded = 0
  for (let firstUser = 0; firstUser < userCount; firstUser += usersPerPipeline) {
    const texts: string[] = []
    const members = new Map<string, (string | number)[]>()
    const add = (name: string, score: string | number, member: string): void => {
      const known = members.get(name) ?? []
      known.push(score, member)
      members.set(name, known)
    }
    for (let index = firstUser; index < Math.min(userCount, firstUser + usersPerPipeline); index++) {
      const shard = inShards[index % inShards.length] ?? ''
      const user = userRecord(
        shard + seed + encodeBase62(index, idLength - 4),
        `seeded-${seed}-${index}`,
        nowMs,
      )
      texts.push(names.user(user.id), JSON.stringify(user), names.userId(user.name), user.id)
      add(names.users(shard), 0, `${user.name}\u0000${user.id}`)
      for (let key = 0; key < keysPerUser && seeded < count; key++, seeded++) {
        const credential = makeCredential('api-key', site.record.id, { user: user.id, key: makeId() })
        const record: ApiKeyRecord = {
          v: 1,
          d: digestOf(core.peppers.newest, credential.secret),
          p: core.peppers.newest.number,
          ug: user.generation,
          sg: site.record.generation,
          n: seeded + 1,
          c: nowMs,
        }
        texts.push(names.apiKey(user.id, credential.key), JSON.stringify(record))
        add(names.apiKeysOfUser(user.id), '+inf', credential.key)
        add(names.allApiKeys(shardOf(user.id)), nowMs, credential.id)
        add(names.expiries(shardOf(user.id)), '+inf', credential.id)
        add(names.lastUsed(shardOf(user.id)), usedAtMs ?? placeOfNeverUsed(nowMs), credential.id)
        if (seeded % sampleEvery === 0) {
          const secret = credential.secret.reveal()
          sample.push({ id: credential.id, secret, user: user.name, headers: basic('apikey', secret) })
        }
      }
    }
    const pipeline = redis.pipeline().mset(...texts)
    for (const [name, scoresAndMembers] of members) pipeline.zadd(name, ...scoresAndMembers)
    const failed = (await pipeline.exec())?.find(([error]) => error !== null)
    if (failed !== undefined) throw failed[0]
  }
  await redis.incrby(names.keyNumbers, count)
  redis.disconnect()
  return sample
}

function userRecord(id: string, name: string, nowMs: number): UserRecord {
  return { v: 1, id, name, roles: ['user'], groups: [], generation: makeId(), created: nowMs }
}
