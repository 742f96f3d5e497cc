import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { Problem } from '../../domain/errors.ts'
import { connectRedis, type RedisAccess, type RedisOptionsOfSite } from '../../store/redis.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

/** So long that a test which waits for it fails by tap's own limit. */
const neverMs = 600_000

t.test('reads of one turn of the event loop leave as one MGET with each name once', async (t) => {
  const server = await startRedis(t)
  const access = await connect(t, server)
  await server.command('MSET', 'a', 'A', 'b', 'B', 'c', 'C')
  const watch = await watchCommands(t, server)
  const asked = [['a', 'site'], ['b', 'site'], ['a', 'b', 'site'], ['c', 'missing'], ['c']]
  const readings = await Promise.all(asked.map((names) => access.read(names)))

  t.same(
    readings.map(({ texts }) => texts),
    [['A', null], ['B', null], ['A', 'B', null], ['C', null], ['C']],
    'each gets its own, in its own order',
  )
  t.equal(new Set(readings.map(({ nowMs }) => nowMs)).size, 1, 'and one time for all')
  const sent = await watch()
  t.same(
    sent.filter(([name]) => name === 'mget'),
    [['mget', 'a', 'site', 'b', 'c', 'missing']],
  )
  t.equal(sent.filter(([name]) => name === 'time').length, 1)
})

t.test('the time is that of Redis, to the millisecond', async (t) => {
  const server = await startRedis(t)
  const access = await connect(t, server)
  const clock = async (): Promise<number> => {
    const [seconds, microseconds] = (await server.command('TIME')) as string[]
    return Math.floor(Number(seconds) * 1000 + Number(microseconds) / 1000)
  }
  const earliestMs = await clock()
  const { nowMs } = await access.read(['a'])
  const latestMs = await clock()
  t.ok(nowMs >= earliestMs && nowMs <= latestMs, `${earliestMs} <= ${nowMs} <= ${latestMs}`)
})

t.test('more than 512 names are split, and no request ever is', async (t) => {
  const server = await startRedis(t)
  const access = await connect(t, server)
  const names = Array.from({ length: 1_100 }, (_, index) => `name:${index}`)
  await server.command('MSET', ...names.flatMap((name) => [name, `text of ${name}`]))
  const watch = await watchCommands(t, server)
  // 511 single names, then pairs: the first pair does not fit any more.
  const singles = names.slice(0, 511).map((name) => [name])
  const pairs = Array.from({ length: 290 }, (_, index) => names.slice(511 + 2 * index, 513 + 2 * index))
  const asked = [...singles, ...pairs]
  const readings = await Promise.all(asked.map((some) => access.read(some)))

  t.same(
    readings.map(({ texts }) => texts),
    asked.map((some) => some.map((name) => `text of ${name}`)),
  )
  const batches = (await watch()).filter(([name]) => name === 'mget').map(([, ...read]) => read)
  t.same(
    batches.map(({ length }) => length),
    [511, 512, 68],
  )
  t.same(
    pairs.filter((pair) => !batches.some((batch) => pair.every((name) => batch.includes(name)))),
    [],
    'every pair was read together',
  )
})

t.test('a request never joins a batch that has been sent', async (t) => {
  const server = await startRedis(t)
  const access = await connect(t, server)
  const watch = await watchCommands(t, server)
  server.pause()
  const first = access.read(['name'])
  await turnOfTheLoop()
  const second = access.read(['name'])
  await turnOfTheLoop()
  server.resume()
  await Promise.all([first, second])
  t.same(
    (await watch()).filter(([name]) => name === 'mget'),
    [
      ['mget', 'name'],
      ['mget', 'name'],
    ],
  )
})

t.test('what was acknowledged before a read began is always seen', async (t) => {
  const server = await startRedis(t)
  const access = await connect(t, server)
  const writers = Array.from({ length: 16 }, (_, index) => `counter:${index}`)
  const stale: string[] = []
  let reads = 0
  await Promise.all(
    writers.map(async (name, index) => {
      for (let round = 1; round <= 200; round++) {
        // A read that is on its way, and one of the neighbour's, whose batch this one must not join too late.
        const earlier = access.read([name])
        await access.write('set', name, round)
        const { texts } = await access.read([name, writers[(index + 1) % writers.length] ?? ''])
        reads += 1
        if (texts[0] !== String(round)) stale.push(`${name}: ${texts[0]} instead of ${round}`)
        await earlier
      }
    }),
  )
  t.equal(reads, 3_200)
  t.same(stale, [])
})

t.test(
  'a frozen Redis is redis_unavailable for all who ask, and once it goes on, reads do so too',
  async (t) => {
    const server = await startRedis(t)
    const access = await connect(t, server, { readDeadlineMs: 150 })
    await server.command('MSET', 'before', 'of before', 'after', 'of after')
    server.pause()
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(access.read(['before']))))
    t.same(new Set(codes), new Set(['redis_unavailable']))
    t.equal(await codeOf(access.read(['before'])), 'redis_unavailable', 'and so for who comes later')
    server.resume()

    const answers: (readonly (string | null)[])[] = []
    await until('reads recover', async () => {
      const reading = await access.read(['after']).catch(() => null)
      if (reading !== null) answers.push(reading.texts)
      return answers.length >= 20
    })
    t.same(new Set(answers.flat()), new Set(['of after']), 'no late answer goes to another request')
  },
)

t.test('a connection that is gone is redis_unavailable at once, and is made anew by itself', async (t) => {
  const server = await startRedis(t)
  const access = await connect(t, server, { readDeadlineMs: neverMs })
  await server.command('SET', 'name', 'text')
  server.pause()
  const onItsWay = codeOf(access.read(['name']))
  await turnOfTheLoop()
  await server.kill()
  t.equal(await onItsWay, 'redis_unavailable', 'for who was waiting')
  t.equal(await codeOf(access.read(['name'])), 'redis_unavailable', 'and for who asks now')
  t.equal(access.isReady, false)

  await server.restart()
  await until('it connects again', () => access.isReady)
  t.same((await access.read(['name'])).texts, ['text'])
})

t.test('before there ever was a connection it is redis_unavailable, not a wait', async (t) => {
  const server = await startRedis(t)
  await server.stop()
  const access = connectRedis({ url: server.url, readDeadlineMs: neverMs })
  t.teardown(() => access.close())
  t.equal(await codeOf(access.read(['name'])), 'redis_unavailable')
  await server.restart()
  await until('it connects', () => access.isReady)
  t.same((await access.read(['name'])).texts, [null])
})

async function connect(
  t: Test,
  server: TestRedis,
  options: Omit<RedisOptionsOfSite, 'url'> = { readDeadlineMs: 30_000 },
): Promise<RedisAccess> {
  const access = connectRedis({ url: server.url, ...options })
  t.teardown(() => access.close())
  await until('it connects', () => access.isReady)
  return access
}

/** Watches what Redis is told from now on. @returns tells the commands of all connections but our own, so far */
async function watchCommands(t: Test, server: TestRedis): Promise<() => Promise<readonly string[][]>> {
  const client = new Redis(server.socketPath)
  const monitor = await client.monitor()
  t.teardown(() => {
    client.disconnect()
    monitor.disconnect()
  })
  const seen: string[][] = []
  monitor.on('monitor', (_time: string, [name = '', ...args]: string[]) =>
    seen.push([name.toLowerCase(), ...args]),
  )
  return async () => {
    // Redis tells in the order in which it works: once it tells this, it has told all that came before.
    const end = `end ${seen.length}`
    await server.command('ECHO', end)
    await until('the monitor has told everything', () => seen.some(([, text]) => text === end))
    return seen.filter(([name]) => name !== 'echo')
  }
}

async function turnOfTheLoop(): Promise<void> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}

async function codeOf(reading: Promise<unknown>): Promise<string> {
  try {
    await reading
    return 'an answer'
  } catch (error) {
    return error instanceof Problem ? error.code : String(error)
  }
}
