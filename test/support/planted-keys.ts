// API keys with the times of a test's choice, written straight into Redis as minting and noting of uses would leave them.

import type { Core } from '../../domain/core.ts'
import { makeCredential, makeId } from '../../domain/credential.ts'
import { digestOf } from '../../domain/pepper.ts'
import { ensureUser } from '../../domain/users.ts'
import { placeOfNeverUsed } from '../../store/key-index.ts'
import { names, shardOf } from '../../store/names.ts'
import type { ApiKeyRecord } from '../../store/records.ts'
import type { TestRedis } from './redis.ts'
import { basic } from './site.ts'

export interface KeyToPlant {
  readonly user: string
  readonly createdMs: number
  /** Absent: never. Over already: the record is gone, and the lists still have the key, as after an expiry. */
  readonly expiresMs?: number
  /** Absent: never used. */
  readonly usedMs?: number
}

export interface PlantedKey extends KeyToPlant {
  readonly id: string
  readonly secret: string
  readonly headers: { readonly authorization: string }
}

/** In the order of the plans. */
export async function plantKeys(
  core: Core,
  { command }: Pick<TestRedis, 'command'>,
  plans: readonly KeyToPlant[],
): Promise<readonly PlantedKey[]> {
  const { site, nowMs } = await core.stores.site.read()
  if (site === null) throw new Error('there is no site to plant in')
  const origin = { actor: { kind: 'system', name: 'test', id: '' }, address: '' } as const
  const owners = new Map<string, Awaited<ReturnType<typeof ensureUser>>['record']>()
  for (const { user } of plans)
    if (!owners.has(user)) owners.set(user, (await ensureUser(core, user, nowMs, origin)).record)
  return await Promise.all(
    plans.map(async (plan, index) => {
      const { user, createdMs, expiresMs, usedMs } = plan
      const owner = owners.get(user)
      if (owner === undefined) throw new Error('every owner was made above')
      const { key, id, secret } = makeCredential('api-key', site.record.id, { user: owner.id, key: makeId() })
      const record: ApiKeyRecord = {
        v: 1,
        d: digestOf(core.peppers.newest, secret),
        p: core.peppers.newest.number,
        ug: owner.generation,
        sg: site.record.generation,
        n: index + 1,
        c: createdMs,
        ...(expiresMs === undefined ? {} : { e: expiresMs }),
      }
      const shard = shardOf(id)
      const expiry = expiresMs ?? '+inf'
      if (expiresMs === undefined || expiresMs > nowMs) {
        const end = expiresMs === undefined ? [] : ['PXAT', expiresMs]
        await command('SET', names.apiKey(owner.id, key), JSON.stringify(record), ...end)
      }
      await command('ZADD', names.apiKeysOfUser(owner.id), expiry, key)
      await command('ZADD', names.allApiKeys(shard), createdMs, id)
      await command('ZADD', names.expiries(shard), expiry, id)
      await command('ZADD', names.lastUsed(shard), usedMs ?? placeOfNeverUsed(createdMs), id)
      const text = secret.reveal()
      return { ...plan, id, secret: text, headers: basic('apikey', text) }
    }),
  )
}

/** Where the lists of one key still mention it. */
export async function mentionsOf({ command }: Pick<TestRedis, 'command'>, id: string): Promise<string[]> {
  const [user, key, shard] = [id.slice(0, 8), id.slice(8), shardOf(id)]
  const places = [
    [names.apiKeysOfUser(user), key],
    [names.allApiKeys(shard), id],
    [names.expiries(shard), id],
    [names.lastUsed(shard), id],
  ] as const
  const scores = await Promise.all(places.map(([name, member]) => command('ZSCORE', name, member)))
  return places.filter((_, index) => scores[index] !== null).map(([name]) => name)
}
