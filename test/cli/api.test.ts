// Talking to the server: nobody there, something else there, redirects, silence, broken answers. Exit code 3 for all.

import { createServer, type RequestListener } from 'node:http'
import t from 'tap'
import { createApi, pathOf } from '../../cli/api.ts'
import { Secret } from '../../domain/secret.ts'
import { freePort } from '../support/free-port.ts'
import { startSite } from '../support/site.ts'
import { commandsFor, makeHome, runCommand } from './command.ts'

const password = 'lkv_canaryCANARYcanaryCANARYcanary'

async function listen(handler: RequestListener): Promise<{ origin: string; requests: string[] }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { origin: `http://127.0.0.1:${address.port}`, requests }
}

const apiOf = (origin: string, silenceMs?: number) =>
  createApi({ origin, user: 'gateway', password: new Secret(password) }, silenceMs)

t.test('nobody answers: exit code 3, and no word of the password', async (t) => {
  const env = {
    HOME: await makeHome(t),
    LATCHKEY_URL: `http://127.0.0.1:${await freePort()}`,
    LATCHKEY_USER: 'gateway',
    LATCHKEY_PASSWORD: password,
  }
  const ended = await runCommand(['keys', 'count'], { env })
  t.match(ended, { code: 3, stdout: '', stderr: /does not answer \(ECONNREFUSED\)/ })
  t.notOk(ended.stderr.includes(password))
  t.notOk(ended.stderr.includes(Buffer.from(`gateway:${password}`).toString('base64')))
})

t.test('a redirect is not followed: the credentials go to the configured address only', async (t) => {
  const elsewhere = await listen((_request, response) => response.end('{"count":7}'))
  for (const status of [301, 302, 303, 307, 308]) {
    const here = await listen((_request, response) => {
      response.writeHead(status, { location: `${elsewhere.origin}/v1/me` }).end()
    })
    await t.rejects(apiOf(here.origin).get('/v1/me'), { exitCode: 3, message: new RegExp(elsewhere.origin) })
    await t.rejects(apiOf(here.origin).send('POST', '/v1/verify', { body: {} }), {
      exitCode: 3,
      message: /sends us/,
    })
  }
  t.same(elsewhere.requests, [])
})

t.test('what is not Latchkey is told from Latchkey', async (t) => {
  const page = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>')
  })
  await t.rejects(apiOf(page.origin).get('/v1/me'), { exitCode: 3, message: /is not Latchkey/ })
  const gateway = await listen((_request, response) => response.writeHead(502).end('Bad Gateway'))
  await t.rejects(apiOf(gateway.origin).get('/v1/me'), {
    exitCode: 3,
    message: /does not reach the server \(502\)/,
  })
  const liar = await listen((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":')
  })
  await t.rejects(apiOf(liar.origin).get('/v1/me'), { exitCode: 3, message: /not Latchkey/ })
})

t.test('silence has an end; a write that was sent may have happened, and that is said', async (t) => {
  const silent = await listen(() => {})
  await t.rejects(apiOf(silent.origin, 50).get('/v1/me'), {
    exitCode: 3,
    message: /\(no answer in time\)\.$/,
  })
  await t.rejects(apiOf(silent.origin, 50).send('DELETE', '/v1/x'), {
    exitCode: 3,
    message: /Whether it was done is not known/,
  })
  t.equal(silent.requests.length, 2)
})

t.test('a stream that breaks off, or falls silent, is not taken for the whole', async (t) => {
  const collect = async (pieces: AsyncIterable<string>): Promise<string> => {
    let text = ''
    for await (const piece of pieces) text += piece
    return text
  }
  const broken = await listen((request, response) => {
    response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' }).write('"id"\r\n')
    if (request.url === '/breaks') setImmediate(() => response.destroy())
    if (request.url === '/ends') response.end('"ä"\r\n')
  })
  const api = apiOf(broken.origin, 200)
  await t.rejects(collect(api.stream('/breaks', 'text/csv')), { exitCode: 3, message: /not complete/ })
  await t.rejects(collect(api.stream('/falls-silent', 'text/csv')), { exitCode: 3, message: /not complete/ })
  await t.rejects(collect(api.stream('/ends', 'application/x-ndjson')), {
    exitCode: 3,
    message: /not Latchkey/,
  })
  t.equal(await collect(api.stream('/ends', 'text/csv')), '"id"\r\n"ä"\r\n')
})

t.test('a name in a path stays one name; what a URL cannot hold is refused', async (t) => {
  t.equal(pathOf('v1', 'users', 'a/../b?c#d%', 'api-keys'), '/v1/users/a%2F..%2Fb%3Fc%23d%25/api-keys')
  for (const name of ['', '.', '..', '\ud800'])
    t.throws(() => pathOf('v1', 'users', name), { exitCode: 2, message: /is no name/ })
})

t.test('a wrong password: exit code 1, with title, detail and code', async (t) => {
  const site = await startSite(t)
  const { runWith, url } = await commandsFor(t, site)
  const ended = await runWith(['keys', 'count'], { env: { LATCHKEY_URL: url, LATCHKEY_PASSWORD: password } })
  t.match(ended, { code: 1, stdout: '', stderr: /^Not a credential: .+ \[credential_malformed\]\n$/ })
  t.notOk(ended.stderr.includes(password))
})
