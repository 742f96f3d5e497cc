import t from 'tap'
import { auditEvent, plantCrowd } from '../support/audit-events.ts'
import { askAudit, readPage, readPages } from '../support/audit-requests.ts'
import { startSite } from '../support/site.ts'

t.test('pages give every event that was there at the start exactly once while others arrive', async (t) => {
  const site = await startSite(t)
  await plantCrowd(site.server, { count: 2_000, firstMs: 1_700_000_000_000, perMs: 7 })
  const atStart = (await readPages(site, { order: 'asc', limit: 500 })).flat().map(({ id }) => id)
  t.ok(atStart.length >= 2_000)
  for (const { order, limit } of [
    { order: 'desc', limit: 97 },
    { order: 'asc', limit: 103 },
    { order: 'asc', limit: 500 },
  ]) {
    const known = new Set(atStart)
    const beforePage = async () => await plantCrowd(site.server, { count: 63 })
    const pages = await readPages(site, { order, limit }, { beforePage })
    const ids = pages.flat().map(({ id }) => id)
    const inOrder = order === 'asc' ? atStart : atStart.toReversed()
    t.same(
      ids.filter((id) => known.has(id)),
      inOrder,
      `${order}, ${limit} a page`,
    )
    t.equal(new Set(ids).size, ids.length, 'none twice, of the new ones neither')
    t.ok(pages.slice(0, -1).every((page) => page.length === limit))
  }
})

t.test('without a limit a page has 100 events, and at most 500', async (t) => {
  const site = await startSite(t)
  await plantCrowd(site.server, { count: 600 })
  t.equal((await readPage(site)).items.length, 100)
  t.equal((await readPage(site, { limit: 1 })).items.length, 1)
  t.equal((await readPage(site, { limit: 500 })).items.length, 500)
})

t.test('a request examines 5,000 events: a short page with a cursor means "go on"', async (t) => {
  const site = await startSite(t)
  const rare = auditEvent({ subject: 'needle' })
  await plantCrowd(site.server, { count: 3, firstMs: 1_600_000_000_000, event: rare })
  await plantCrowd(site.server, { count: 11_998, firstMs: 1_700_000_000_000 })
  await plantCrowd(site.server, { count: 1, event: rare })
  const pages = await readPages(site, { subject: 'needle', limit: 10 })
  t.same(
    pages.map((page) => page.length),
    [1, 0, 3],
  )
  t.same([...new Set(pages.flat().map(({ subject }) => subject))], ['needle'])
})

t.test('a cursor that was not given for this order is refused', async (t) => {
  const site = await startSite(t)
  await site.mint()
  const { nextCursor } = await readPage(site, { limit: 1, order: 'desc' })
  const made = (position: unknown): string => Buffer.from(JSON.stringify(position)).toString('base64url')
  const bad: readonly string[] = [
    'x',
    '!!',
    `${nextCursor}=`,
    `${nextCursor}A`,
    String(nextCursor).slice(0, -2),
    made(['audit asc', 5, 0, 'A']),
    made(['audit desc', 5, 0]),
    made(['audit desc', 5, 0, 'A', 1]),
    made(['audit desc', '5', 0, 'A']),
    made(['audit desc', 5, 0, 'AA']),
    made(['audit desc', 5, 0, '']),
    made(['audit desc', -5, 0, 'A']),
    made(['audit desc', 5, -1, 'A']),
    made(['audit desc', 5.5, 0, 'A']),
    made(['audit desc', 1e300, 0, 'A']),
    made(['audit desc', 0, 0, 'A']),
    made({ 0: 'audit desc', 1: 5 }),
    made(null),
  ]
  t.equal((await askAudit(site, { cursor: String(nextCursor) })).statusCode, 200)
  for (const cursor of bad) {
    const answer = await askAudit(site, { cursor })
    t.match([answer.statusCode, answer.json().code], [400, 'cursor_invalid'], cursor)
  }
  const other = await askAudit(site, { cursor: String(nextCursor), order: 'asc' })
  t.match([other.statusCode, other.json().code], [400, 'cursor_invalid'])
  t.match(other.headers['content-type'], /^application\/problem\+json/)
})
