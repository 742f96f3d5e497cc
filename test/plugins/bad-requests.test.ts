// Requests that are none of ours, over real sockets: headers, media types, bodies, paths and methods. Every answer is a
// problem document, and nothing changes.

import t from 'tap'
import type { ErrorCode } from '../../domain/errors.ts'
import { stateOf } from '../routes/evidence.ts'
import { startSite } from '../support/site.ts'
import { assertRawProblem, exchange } from './over-socket.ts'

const site = await startSite(t)
const url = await site.listen()
const key = await site.mint()
const first = `Authorization: ${site.first.authorization}`
const own = `Authorization: ${key.headers.authorization}`
const contentType = (type: string) => `Content-Type: ${type}`
const json = contentType('application/json')
const body = JSON.stringify({ description: 'made by a form' })

const post = async (path: string, headers: readonly (string | Buffer)[], payload: string | Buffer) =>
  await exchange(url, {
    start: `POST ${path} HTTP/1.1`,
    headers: [first, ...headers, `Content-Length: ${Buffer.byteLength(payload)}`],
    body: payload,
  })
const mint = async (headers: readonly (string | Buffer)[], payload: string | Buffer = body) =>
  await post('/v1/users/form/api-keys', headers, payload)

t.test('headers of 100 kB are 431, whichever header it is', async (t) => {
  const long = 'a'.repeat(100_000)
  for (const header of [`Authorization: Basic ${long}`, `Cookie: ${long}`, `X-${long}: 1`]) {
    const answer = await exchange(url, { start: 'GET /v1/me HTTP/1.1', headers: [header] })
    assertRawProblem(t, answer, 'headers_too_large')
  }
  const answer = await exchange(url, { start: `GET /v1/${long} HTTP/1.1` })
  assertRawProblem(t, answer, 'headers_too_large', 'nor in the path')
})

t.test('threat 16: a body of another type is refused, however its type is written', async (t) => {
  const before = await stateOf(site.server)
  const types = [
    'text/plain',
    'text/plain; charset=utf-8',
    'TEXT/PLAIN',
    'text/plain;application/json',
    'text/plain, application/json',
    'application/json, text/plain',
    'application/json text/plain',
    'application/json\ttext/plain',
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; x=application/json',
    'multipart/form-data; boundary=application/json',
    'application/jsonx',
    'application/xjson',
    'xapplication/json',
    'application/json/x',
    'application/\tjson',
    'application /json',
    'application\\json',
    'application/problem+json',
    'application/x-ndjson',
    'application',
    '/json',
    ';application/json',
    '*/*',
    '""',
    '',
  ]
  for (const type of types) {
    assertRawProblem(t, await mint([contentType(type)]), 'media_type_unsupported', JSON.stringify(type))
  }
  assertRawProblem(t, await mint([]), 'media_type_unsupported', 'no type')
  assertRawProblem(
    t,
    await mint([contentType('text/plain'), json]),
    'media_type_unsupported',
    'the first counts',
  )
  t.same(await stateOf(site.server), before)
})

t.test('threat 16: JSON is JSON in any case and with parameters, and is as strict as ever', async (t) => {
  const spellings = [
    'application/json',
    'APPLICATION/JSON',
    'Application/Json; Charset=UTF-8',
    'application/json;charset=utf-8',
    'application/json ; charset="utf-8"',
    'application/json;',
    '\tapplication/json\t',
    '  application/json  ',
  ]
  for (const spelling of spellings) {
    const answer = await mint([contentType(spelling)])
    t.equal(answer.status, 201, JSON.stringify(spelling))
    const extra = JSON.stringify({ description: 'd', role: 'admin' })
    assertRawProblem(t, await mint([contentType(spelling)], extra), 'request_invalid', 'strict all the same')
  }
})

t.test('a body that is no JSON, or none at all where its type promises one, is refused', async (t) => {
  const before = await stateOf(site.server)
  const bodies = [
    '',
    ' ',
    '{',
    '{"description":"d"',
    "{'description':'d'}",
    '{"description":"d",}',
    'd',
    'NaN',
  ]
  for (const payload of [
    ...bodies,
    '{"description":"d"}}',
    '\ufeff\ufeff{}',
    '{"description":"\n"}',
    body + body,
  ]) {
    assertRawProblem(t, await mint([json], payload), 'body_malformed', JSON.stringify(payload))
  }
  const zipped = await mint([json, 'Content-Encoding: gzip'], Buffer.from([0x1f, 0x8b, 8, 0]))
  assertRawProblem(t, zipped, 'body_malformed', 'nothing is unpacked')
  for (const payload of ['[]', 'true', '7', '"d"']) {
    assertRawProblem(t, await mint([json], payload), 'request_invalid', payload)
  }
  t.same(await stateOf(site.server), before)
})

t.test('threat 17: __proto__ is refused wherever it stands', async (t) => {
  const before = await stateOf(site.server)
  const bodies = [
    '{"__proto__":{"description":"d"}}',
    '{"description":"d","__proto__":{"admin":true}}',
    '{"\\u005f_proto__":{}}',
    '{"description":{"__proto__":{}}}',
    '[{"__proto__":{}}]',
    '{"constructor":{"prototype":{}}}',
  ]
  for (const payload of bodies) {
    assertRawProblem(t, await mint([json], payload), 'body_malformed', payload)
  }
  t.same(await stateOf(site.server), before)
})

t.test('a body above 128 KiB is 413, announced or not', async (t) => {
  const before = await stateOf(site.server)
  const start = 'POST /v1/users/form/api-keys HTTP/1.1'
  const announced = await exchange(url, { start, headers: [first, json, 'Content-Length: 131073'] })
  assertRawProblem(t, announced, 'body_too_large')
  const bytes = 131_073
  const payload = `${bytes.toString(16)}\r\n${`"${'d'.repeat(bytes - 1)}`}\r\n`
  const headers = [first, json, 'Transfer-Encoding: chunked']
  assertRawProblem(t, await exchange(url, { start, headers, body: payload }), 'body_too_large')
  t.same(await stateOf(site.server), before)
})

t.test('nobody learns more than 401 by the body of a request without a credential', async (t) => {
  for (const headers of [[json], [contentType('text/plain')], [json, 'Content-Length: 999999']]) {
    const answer = await exchange(url, { start: 'PUT /v1/settings HTTP/1.1', headers })
    assertRawProblem(t, answer, 'credential_missing')
  }
})

t.test('what is nowhere is 404, what no path can be is 400', async (t) => {
  const before = await stateOf(site.server)
  const long = 'a'.repeat(1537)
  const cases: readonly [string, ErrorCode][] = [
    ['GET /v1', 'not_found'],
    ['GET /v1/me/', 'not_found'],
    ['GET /V1/ME', 'not_found'],
    ['GET //v1/me', 'not_found'],
    ['GET /v1/api-keys/../me', 'not_found'],
    ['GET /v1%2Fme', 'not_found'],
    ['GET /v1/api-keys/a/b', 'not_found'],
    ['GET /.env', 'not_found'],
    [`DELETE /v1/api-keys/${long}`, 'not_found'],
    [`POST /v1/users/${long}/api-keys`, 'not_found'],
    [`PATCH /v1/admin/users/${long}`, 'not_found'],
    ['GET /v1/api-keys/%zz', 'request_invalid'],
    ['GET /v1/api-keys/%', 'request_invalid'],
    ['GET /v1/api-keys/%e0%a4%a', 'request_invalid'],
    ['GET /v1/api-keys/%ff', 'request_invalid'],
    ['POST /v1/users/%c0%ae/api-keys', 'request_invalid'],
    [`GET /v1/api-keys/${'a'.repeat(1536)}`, 'request_invalid'],
    [`GET /v1/api-keys/${key.id}%00`, 'request_invalid'],
  ]
  for (const [start, code] of cases) {
    const headers = [/^GET/.test(start) ? own : first]
    const answer = await exchange(url, { start: `${start} HTTP/1.1`, headers })
    assertRawProblem(t, answer, code, start.slice(0, 40))
  }
  t.same(await stateOf(site.server), before)
})

t.test('an address that cannot be read is in the access log, without what was asked', async (t) => {
  const lines = site.logged.length
  await exchange(url, { start: 'GET /v1/api-keys/%zz HTTP/1.1', headers: [own] })
  const line = site.logged.slice(lines).find((text) => text.includes('"request_invalid"')) ?? '{}'
  t.match(JSON.parse(line), { method: 'GET', route: null, status: 400, address: '127.0.0.1', msg: 'request' })
  t.notMatch(line, '%zz')
})

t.test('a method that an address does not have is 404, one that nobody has is 400', async (t) => {
  const before = await stateOf(site.server)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    const headers = [own, 'Content-Length: 0']
    const answer = await exchange(url, { start: `${method} /v1/me HTTP/1.1`, headers })
    assertRawProblem(t, answer, 'not_found', method)
  }
  for (const method of ['FOO', 'get', 'G\u0000ET']) {
    const answer = await exchange(url, { start: `${method} /v1/me HTTP/1.1`, headers: [own] })
    assertRawProblem(t, answer, 'request_invalid', JSON.stringify(method))
  }
  t.same(await stateOf(site.server), before)
})

t.test('bytes that are no HTTP, and requests that could be read in two ways, are 400', async (t) => {
  const before = await stateOf(site.server)
  const start = 'POST /v1/users/form/api-keys HTTP/1.1'
  const requests = [
    { start: '\u0016\u0003\u0001' },
    { start: 'GET /v1/me HTTP/9.9' },
    { start: 'GET /v1/me HTTP/1.1', headers: [`${own}\nX: y`] },
    { start, headers: [first, json, 'Content-Length: 2', 'Content-Length: 3'], body: '{}' },
    { start, headers: [first, json, 'Content-Length: 2', 'Transfer-Encoding: chunked'], body: '0\r\n\r\n' },
    { start, headers: [first, json, 'Transfer-Encoding: chunked, identity'], body: '{}' },
    { start, headers: [first, json, 'Content-Length: -2'], body: '{}' },
    { start, headers: [first, json, 'Content-Length : 2'], body: '{}' },
  ]
  for (const request of requests) {
    assertRawProblem(
      t,
      await exchange(url, request),
      'request_invalid',
      JSON.stringify(request.headers ?? request),
    )
  }
  t.same(await stateOf(site.server), before)
})
