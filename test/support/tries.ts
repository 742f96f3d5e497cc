// What the counters of tries to sign in hold, and time that passes for them without anybody waiting.

import type { TestRedis } from './redis.ts'

/** Names of all counters. */
export async function tryCounters(server: TestRedis): Promise<readonly string[]> {
  return ((await server.command('KEYS', 'lk:tries:*')) as string[]).toSorted()
}

/** The longest wait that anybody is asked for, in milliseconds since the epoch; 0: nobody is. */
export async function waitsUntil(server: TestRedis): Promise<number> {
  const names = await tryCounters(server)
  const ends = await Promise.all(names.map((name) => server.command('HGET', name, 'until')))
  // That an address has counted often enough against an account is kept as a wait of a day, for which nobody waits.
  const latest = (await redisTime(server)) + 12 * 3_600_000
  return Math.max(0, ...ends.map(Number).filter((end) => end < latest))
}

/** By the clock of Redis, in milliseconds since the epoch. */
export async function redisTime(server: TestRedis): Promise<number> {
  const [seconds, microseconds] = (await server.command('TIME')) as [string, string]
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

/** Every wait is over; the counts stay. */
export async function waitsAreOver(server: TestRedis): Promise<void> {
  for (const name of await tryCounters(server)) await server.command('HDEL', name, 'until')
}

/** Everything is forgotten, as after a day without a try. */
export async function triesAreForgotten(server: TestRedis): Promise<void> {
  for (const name of await tryCounters(server)) await server.command('DEL', name)
}
