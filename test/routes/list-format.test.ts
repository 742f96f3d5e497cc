// `format` in place of the Accept header, for links in pages: of the list of API keys and of the audit log.

import t from 'tap'
import { parseCsv } from '../support/csv.ts'
import { startSite } from '../support/site.ts'
import { administratorsKey, assertProblem, send } from './evidence.ts'

const site = await startSite(t)
for (const user of ['ada', 'bob', 'ada']) await site.mint(user, `=key of ${user}`)
const administrator = await administratorsKey(site, 'chief')

const lists = [
  { path: '/v1/admin/api-keys', more: 'order=asc&user=ada', rows: 2 },
  { path: '/v1/admin/audit', more: 'order=asc&action=api-key.minted&subject=ada', rows: 2 },
] as const

for (const { path, more, rows } of lists) {
  const get = async (query: string, accept?: string) =>
    await send(site, `GET ${path}?${query}`, { ...site.first, ...(accept === undefined ? {} : { accept }) })

  t.test(`${path}: format=csv is what Accept: text/csv is, to the letter`, async (t) => {
    for (const query of [more, '']) {
      const byHeader = await get(query, 'text/csv')
      t.equal(byHeader.statusCode, 200)
      t.match(byHeader.headers, {
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': /^attachment; filename="[a-z-]+\.csv"$/,
        'cache-control': 'no-store',
      })
      for (const accept of [undefined, '*/*', 'text/html', 'application/json', 'text/csv']) {
        const byQuery = await get(`${query}&format=csv`, accept)
        t.equal(byQuery.statusCode, 200)
        t.equal(byQuery.body, byHeader.body, `Accept: ${accept}`)
        for (const header of [
          'content-type',
          'content-disposition',
          'cache-control',
          'x-content-type-options',
        ])
          t.equal(byQuery.headers[header], byHeader.headers[header], header)
      }
    }
    t.equal(parseCsv((await get(`${more}&format=csv`)).body).length, rows + 1)
    const byKey = await send(site, `GET ${path}?${more}&format=csv`, administrator.headers)
    t.equal(byKey.body, (await get(more, 'text/csv')).body, 'and for whoever may read the list')
  })

  t.test(`${path}: format=json is a page, whatever the Accept header says`, async (t) => {
    const page = await get(more, 'application/json')
    t.equal(page.json().items.length, rows)
    for (const accept of [undefined, 'text/csv', 'text/csv, application/json;q=0', 'application/json']) {
      const answer = await get(`${more}&format=json`, accept)
      t.equal(answer.statusCode, 200)
      t.match(answer.headers['content-type'], /^application\/json\b/, `Accept: ${accept}`)
      t.equal(answer.headers['content-disposition'], undefined)
      t.same(answer.json(), page.json())
    }
    t.match((await get(`${more}&format=json&limit=1`, 'text/csv')).json(), { items: { length: 1 } })
  })

  t.test(`${path}: any other format is 400, and so is more than one`, async (t) => {
    const refused = [
      '',
      'CSV',
      'Json',
      'xml',
      'csv%20',
      'text/csv',
      'csv%00',
      'null',
      '0',
      'csv,json',
      'csv&format=json',
    ]
    for (const format of refused)
      for (const accept of [undefined, 'text/csv'])
        assertProblem(t, await get(`format=${format}`, accept), 'request_invalid', format)
  })

  t.test(`${path}: format=csv opens the list to nobody`, async (t) => {
    const key = await site.mint('plain')
    assertProblem(t, await send(site, `GET ${path}?format=csv`, key.headers), 'role_missing')
    assertProblem(t, await send(site, `GET ${path}?format=csv`), 'credential_missing')
  })
}

t.test('following the audit log takes no format', async (t) => {
  for (const format of ['csv', 'json']) {
    for (const accept of ['application/x-ndjson', 'text/csv', '*/*']) {
      const answer = await send(site, `GET /v1/admin/audit?follow=true&format=${format}`, {
        ...site.first,
        accept,
      })
      assertProblem(t, answer, 'request_invalid', `${format} ${accept}`)
      t.match(answer.json().detail, /format/)
    }
  }
})

t.test(
  'CSV of the audit log is everything that matches: a limit or a cursor is refused with it',
  async (t) => {
    for (const query of ['limit=1', 'cursor=AAAA'])
      assertProblem(
        t,
        await send(site, `GET /v1/admin/audit?format=csv&${query}`, site.first),
        'request_invalid',
        query,
      )
  },
)
