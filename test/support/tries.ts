// What the counters of tries to sign in hold, and time that passes for them without anybody waiting.

import type { TestRedis } from './redis.ts'

/** Names of all counters. */
export async function tryCounters(server: TestRedis): Promise<readonly string[]> {
  return ((await server.command('KEYS', 'lk:tries:*')) as string[]).toSorted()
}

// That an address has counted often enough against an account is kept as a wait of a day, for which nobody waits.
const waits = `
local now = tonumber(redis.call('TIME')[1]) * 1000
local latest = 0
for _, name in ipairs(redis.call('KEYS', 'lk:tries:*')) do
  local wait = tonumber(redis.call('HGET', name, 'until') or '0')
  if wait > 0 and wait < now + 12 * 3600000 then
    latest = math.max(latest, wait)
    if ARGV[1] == 'end' then redis.call('HDEL', name, 'until') end
  end
end
return string.format('%.0f', latest)`

/** The longest wait that anybody is asked for, in milliseconds since the epoch; 0: nobody is. */
export async function waitsUntil(server: TestRedis): Promise<number> {
  return Number(await server.command('EVAL', waits, 0, 'read'))
}

/** Every wait is over; the counts stay. */
export async function waitsAreOver(server: TestRedis): Promise<void> {
  await server.command('EVAL', waits, 0, 'end')
}

/** Everything is forgotten, as after a day without a try. */
export async function triesAreForgotten(server: TestRedis): Promise<void> {
  const names = await tryCounters(server)
  if (names.length > 0) await server.command('DEL', ...names)
}

/** By the clock of Redis, in milliseconds since the epoch. */
export async function redisTime(server: TestRedis): Promise<number> {
  const [seconds, microseconds] = (await server.command('TIME')) as [string, string]
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}
