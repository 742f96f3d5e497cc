// Many users at once, written straight into Redis as the store writes them, but without their audit events.

import { makeId } from '../../domain/credential.ts'
import { foldUserName } from '../../domain/users.ts'
import { names, shards } from '../../store/names.ts'
import type { UserRecord } from '../../store/records.ts'
import type { TestRedis } from './redis.ts'

const script = `
for index = 1, #KEYS, 3 do
  redis.call('SET', KEYS[index], ARGV[index])
  redis.call('ZADD', KEYS[index + 1], 0, ARGV[index + 1])
  redis.call('SET', KEYS[index + 2], ARGV[index + 2])
end`

/** What one script writes, so that Redis is not deaf for long on a slow machine. */
const usersPerScript = 1_000

/** @param inShards first characters of the ids, in turn */
export async function seedUsers(
  server: TestRedis,
  userNames: readonly string[],
  inShards: readonly string[] = shards,
): Promise<void> {
  for (let start = 0; start < userNames.length; start += usersPerScript) {
    const some = userNames.slice(start, start + usersPerScript)
    const users = some.map((name, index) => {
      const shard = inShards[(start + index) % inShards.length] ?? ''
      const id = shard + makeId().slice(1)
      const record: UserRecord = {
        v: 1,
        id,
        name,
        roles: ['user'],
        groups: [],
        generation: makeId(),
        created: 1,
      }
      const foldedName = foldUserName(name)
      return {
        keys: [names.user(id), names.users(shard), names.userId(foldedName)],
        args: [JSON.stringify(record), `${foldedName}\u0000${id}`, id],
      }
    })
    const keys = users.flatMap((user) => user.keys)
    await server.command('EVAL', script, keys.length, ...keys, ...users.flatMap(({ args }) => args))
  }
}

/** `prefix000001`, `prefix000002`, … */
export function numberedNames(prefix: string, count: number, digits = 6): string[] {
  return Array.from({ length: count }, (_, index) => prefix + String(index + 1).padStart(digits, '0'))
}
