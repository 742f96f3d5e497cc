import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import t, { type Test } from 'tap'
import { auditStreams } from '../../store/audit-log.ts'
import { auditEvent, callsOf, plantCrowd } from '../support/audit-events.ts'
import { askAudit, auditUrl } from '../support/audit-requests.ts'
import { startSite, type TestSite } from '../support/site.ts'
import { until } from '../support/until.ts'

const csv = { accept: 'text/csv' }

interface OpenAnswer {
  readonly answer: IncomingMessage
  /** Goes away without reading. */
  leave(): void
}

async function open(
  t: Test,
  site: TestSite,
  address: string,
  query: Record<string, string>,
): Promise<OpenAnswer> {
  const asked = request(`${address}${auditUrl(query)}`, { headers: { ...site.first, ...csv }, agent: false })
  asked.on('error', () => {})
  t.teardown(() => asked.destroy())
  asked.end()
  const [answer]: IncomingMessage[] = await once(asked, 'response')
  if (answer === undefined) throw new Error('no answer')
  return { answer, leave: () => asked.destroy() }
}

/** More than fits into the buffers of two sockets. */
async function plantMuch(site: TestSite): Promise<void> {
  const event = auditEvent({ details: { filling: 'x'.repeat(4_000) } })
  await plantCrowd(site.server, { count: 6_000, firstMs: 1_700_000_000_000, event, streams: [0, 1] })
}

t.test('a client that does not read holds up the walk, and one that leaves ends it', async (t) => {
  const site = await startSite(t)
  await plantMuch(site)
  const address = await site.listen()
  const reads = async () => await callsOf(site.server, 'xrevrange')
  const readAll = async (): Promise<number> => {
    const before = await reads()
    const { answer } = await open(t, site, address, {})
    let bytes = 0
    for await (const piece of answer) bytes += piece.length
    t.ok(bytes > 24_000_000)
    return (await reads()) - before
  }
  const whole = await readAll()

  const before = await reads()
  const { answer, leave } = await open(t, site, address, {})
  t.equal(answer.statusCode, 200)
  // Meanwhile another client reads it all: time enough for the first one's walk to get to the end, too.
  await readAll()
  const idle = (await reads()) - before - whole
  const firstReads = auditStreams.length
  t.ok(
    idle - firstReads < (whole - firstReads) / 2,
    `${idle} reads for the client that does not read, ${whole} for one that does`,
  )
  const requestsEnded = () => site.logged.filter((line) => line.includes('"route":"/v1/admin/audit"')).length
  const ended = requestsEnded()
  leave()
  await until('the answer has ended', () => requestsEnded() > ended)
  let atEnd = -1
  await until('nobody reads any more', async () => {
    const earlier = atEnd
    atEnd = await reads()
    return atEnd === earlier
  })
  t.ok(atEnd - before - whole - firstReads < (whole - firstReads) / 2)
})

t.test('a client that leaves ends a walk that finds nothing', async (t) => {
  const site = await startSite(t)
  await plantCrowd(site.server, { count: 100_000, firstMs: 1_700_000_000_000, streams: [0, 1] })
  const address = await site.listen()
  const asked = request(`${address}${auditUrl({ actor: 'nobody' })}`, { headers: { ...site.first, ...csv } })
  asked.on('error', () => {})
  asked.end()
  await until('the walk has begun', async () => (await callsOf(site.server, 'xrevrange')) > 0)
  asked.destroy()
  let reads = -1
  await until('nothing is read any more', async () => {
    const before = reads
    reads = await callsOf(site.server, 'xrevrange')
    return reads === before
  })
  t.ok(reads < 100_000 / 128 / 2, `${reads} reads`)
})

t.test(
  'Redis failing in the middle breaks the answer off: half a list is not taken for the whole',
  async (t) => {
    const site = await startSite(t)
    await plantMuch(site)
    const address = await site.listen()
    const { answer } = await open(t, site, address, {})
    await site.server.kill()
    const failure = await answer
      .resume()
      .toArray()
      .then(
        () => null,
        (error: unknown) => error,
      )
    t.match(failure, { code: 'ECONNRESET' })
    t.equal(answer.complete, false)
    const later = await askAudit(site, {}, csv)
    t.match([later.statusCode, later.json().code], [503, 'redis_unavailable'])
  },
)
