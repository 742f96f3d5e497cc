// The whole database as text, whatever the types: for tests of what must not have changed, and of what must be nowhere.

import type { TestRedis } from './redis.ts'

const writtenByTimer = /:used$|:verifications:|:refusals:/

type Command = TestRedis['command']

const readers: Readonly<Record<string, readonly [name: string, ...args: (string | number)[]]>> = {
  string: ['GET'],
  hash: ['HGETALL'],
  list: ['LRANGE', 0, -1],
  set: ['SMEMBERS'],
  zset: ['ZRANGE', 0, -1, 'WITHSCORES'],
  stream: ['XRANGE', '-', '+'],
}

/** Name → content as JSON. */
export async function readDatabase(command: Command): Promise<ReadonlyMap<string, string>> {
  const names = (await command('KEYS', '*')) as string[]
  const contents = await Promise.all(
    names.toSorted().map(async (name): Promise<[string, string]> => {
      const type = String(await command('TYPE', name))
      const [reader, ...args] = readers[type] ?? []
      if (reader === undefined) throw new Error(`no reader for the type ${type} of ${name}`)
      return [name, JSON.stringify(await command(reader, name, ...args))]
    }),
  )
  return new Map(contents)
}

/**
 * Names whose content differs between two readings, or that only one of them has; without last uses and counts of uses, which
 * are written every few seconds, whatever else happens.
 */
export function changedNames(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter((name) => before.get(name) !== after.get(name) && !writtenByTimer.test(name))
}
