import t, { type Test } from 'tap'
import { Problem } from '../../domain/errors.ts'
import {
  type AuditEntry,
  type AuditLogStore,
  type AuditPosition,
  type AuditRange,
  auditStreams,
  createAuditLogStore,
  endsBefore,
} from '../../store/audit-log.ts'
import { connectRedis, type RedisAccess } from '../../store/redis.ts'
import {
  auditEvent,
  callsOf,
  type PlantedEvent,
  plant,
  plantCrowd,
  siteStream,
} from '../support/audit-events.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

interface Log {
  readonly server: TestRedis
  readonly log: AuditLogStore
  /** Entries that Redis sent since this was asked last. */
  fetched(): number
}

async function openLog(t: Test): Promise<Log> {
  const server = await startRedis(t)
  const redis = connectRedis({ url: server.url })
  t.teardown(async () => await redis.close())
  await until('Redis is connected', () => redis.isReady)
  let entries = 0
  const counting: RedisAccess = {
    ...redis,
    async query(command, ...args) {
      const reply = await redis.query(command, ...args)
      if (command === 'xrange' || command === 'xrevrange') entries += (reply as unknown[]).length
      return reply
    },
  }
  const fetched = (): number => {
    const count = entries
    entries = 0
    return count
  }
  return { server, log: createAuditLogStore(counting), fetched }
}

const all: AuditRange = { order: 'desc', fromMs: 0, beforeMs: null, after: null, wanted: 100 }

async function take(
  entries: AsyncIterable<AuditEntry>,
  limit = Number.POSITIVE_INFINITY,
): Promise<AuditEntry[]> {
  const taken: AuditEntry[] = []
  for await (const entry of entries) {
    taken.push(entry)
    if (taken.length === limit) break
  }
  return taken
}

const place = ({ ms, sequence, stream }: AuditPosition): string => `${ms}-${sequence} ${stream}`

/** In the order of time: several in one millisecond, in one stream and in several, in every kind of stream. */
const tied: readonly PlantedEvent[] = [
  { ms: 5, sequence: 1, stream: 7 },
  { ms: 6, sequence: 0, stream: 0 },
  { ms: 6, sequence: 0, stream: 7 },
  { ms: 6, sequence: 0, stream: siteStream },
  { ms: 6, sequence: 1, stream: 0 },
  { ms: 6, sequence: 1, stream: 7 },
  { ms: 6, sequence: 9, stream: 3 },
  { ms: 6, sequence: 10, stream: 3 },
  { ms: 7, sequence: 0, stream: 7 },
  { ms: 10, sequence: 0, stream: 1 },
  { ms: 100, sequence: 0, stream: 2 },
]

t.test('all streams are one log in the order of time; equal ids go by stream', async (t) => {
  const { server, log } = await openLog(t)
  await plant(server, tied)
  t.same((await take(log.walk({ ...all, order: 'asc' }))).map(place), tied.map(place))
  t.same((await take(log.walk(all))).map(place), tied.map(place).reverse())
})

t.test('going on after any event gives exactly the rest, also between equal ids', async (t) => {
  const { server, log } = await openLog(t)
  await plant(server, tied)
  t.plan(2 * tied.length)
  for (const order of ['asc', 'desc'] as const) {
    const inOrder = order === 'asc' ? tied : tied.toReversed()
    for (const [index, after] of inOrder.entries()) {
      const rest = await take(log.walk({ ...all, order, after }))
      t.same(rest.map(place), inOrder.slice(index + 1).map(place), `${order} after ${place(after)}`)
    }
  }
})

t.test('a range begins with its first millisecond and ends before its last', async (t) => {
  const { server, log } = await openLog(t)
  await plant(server, tied)
  const expected = tied.filter(({ ms }) => ms >= 6 && ms < 10).map(place)
  for (const order of ['asc', 'desc'] as const) {
    const inRange = await take(log.walk({ ...all, order, fromMs: 6, beforeMs: 10 }))
    t.same(inRange.map(place), order === 'asc' ? expected : expected.toReversed(), order)
    const outside = { ms: order === 'asc' ? 1 : 50, sequence: 0, stream: 0 }
    const same = await take(log.walk({ ...all, order, fromMs: 6, beforeMs: 10, after: outside }))
    t.same(same.map(place), inRange.map(place), `${order}, going on from outside the range`)
    t.same(await take(log.walk({ ...all, order, fromMs: 7, beforeMs: 7 })), [], `${order}, an empty range`)
  }
})

t.test('a page costs the same at 1,000 events and at 50,000', async (t) => {
  const { server, log, fetched } = await openLog(t)
  const costs: { entries: number; calls: number }[] = []
  for (const count of [1_000, 49_000]) {
    await plantCrowd(server, { count, firstMs: 1_000_000 * (costs.length + 1) })
    const callsBefore = await callsOf(server, 'xrevrange')
    fetched()
    t.equal((await take(log.walk({ ...all, wanted: 101 }), 101)).length, 101)
    costs.push({ entries: fetched(), calls: (await callsOf(server, 'xrevrange')) - callsBefore })
  }
  t.same(costs[1], costs[0])
  t.ok((costs[0]?.entries ?? 0) <= 101 + 4 * auditStreams.length, `${costs[0]?.entries} entries were fetched`)

  // Deep inside the log, and with everything in one stream, it costs no more.
  fetched()
  const after = { ms: 2_000_000 + 24_000, sequence: 0, stream: 0 }
  t.equal((await take(log.walk({ ...all, wanted: 101, after }), 101)).length, 101)
  t.ok(fetched() <= 101 + 4 * auditStreams.length)
  await plantCrowd(server, { count: 20_000, firstMs: 5_000_000, streams: [9] })
  fetched()
  t.equal((await take(log.walk({ ...all, wanted: 101 }), 101)).length, 101)
  t.ok(fetched() <= 3 * 101 + 4 * auditStreams.length)
})

t.test('reading forwards while events arrive misses none and repeats none', async (t) => {
  const { server, log } = await openLog(t)
  const seen: string[] = []
  let after: AuditPosition | null = null
  const readOn = async (): Promise<void> => {
    const beforeMs = await log.completeBeforeMs()
    for (const entry of await take(log.walk({ ...all, order: 'asc', beforeMs, after }))) {
      seen.push(place(entry))
      after = entry
    }
  }
  const writing = (async () => {
    for (let round = 0; round < 60; round++) {
      const streams = [round % 62, (round * 37) % 62, siteStream, 0]
      await plantCrowd(server, { count: 20, streams })
    }
  })()
  let isWriting = true
  const written = writing.then(() => {
    isWriting = false
  })
  while (isWriting) await readOn()
  await written
  await readOn()
  t.equal(seen.length, 1_200)
  t.same(seen, (await take(log.walk({ ...all, order: 'asc' }))).map(place))
})

t.test('new events come once each and in order, however many there are at once', async (t) => {
  const { server, log } = await openLog(t)
  await plantCrowd(server, { count: 50, firstMs: 1_000 })
  let { entries, ends, isMore } = await log.readNew(endsBefore(2_000))
  t.same(entries, [], 'what lies before the ends is not new')
  t.equal(isMore, false)

  await plantCrowd(server, { count: 620, firstMs: 2_000, perMs: 3 })
  await plantCrowd(server, { count: 450, firstMs: 2_100, streams: [siteStream] })
  const seen: AuditEntry[] = []
  let looks = 0
  do {
    const news: Awaited<ReturnType<AuditLogStore['readNew']>> = await log.readNew(ends)
    ;({ entries, ends, isMore } = news)
    seen.push(...entries)
    looks++
  } while (isMore)
  const everything = await take(log.walk({ ...all, order: 'asc', fromMs: 2_000 }))
  t.same(seen.map(place), everything.map(place))
  t.equal(seen.length, 1_070)
  t.ok(looks > 4, 'the burst of one stream took several looks')
  t.same((await log.readNew(ends)).entries, [])
  t.equal(await callsOf(server, 'xread'), looks + 2, 'each look is one command')
})

t.test('an entry that cannot be read is an error, not a hole in the log', async (t) => {
  const { server, log } = await openLog(t)
  await plant(server, tied.slice(0, 3))
  await server.command('XADD', auditStreams[5]?.name ?? '', '50-0', 'something', 'else')
  const error = await take(log.walk(all)).catch((cause: unknown) => cause)
  t.ok(error instanceof Problem)
  t.match(error, { code: 'internal_error', cause: { message: /50-0 .* cannot be read/ } })
})

t.test('an event without an address is read all the same', async (t) => {
  const { server, log } = await openLog(t)
  const { address, ...event } = auditEvent()
  await plant(server, [{ ms: 5, sequence: 0, stream: 1, event }])
  t.type(address, 'string')
  t.strictSame(await take(log.walk(all)), [
    { ms: 5, sequence: 0, stream: 1, event: { ...event, address: '' } },
  ])
})
