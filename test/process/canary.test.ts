import { readdirSync, readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t from 'tap'
import { readDatabase } from '../support/database.ts'
import { makeWorkplace, readFirst, type ServerProcess, startServer, stop } from '../support/server-process.ts'
import { basic } from '../support/site.ts'

const password = 'Canary-pass-phrase-4711'
const json = { 'content-type': 'application/json' }

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, unknown>>
}

t.test('threat 7: secrets used in all wrong places are found nowhere', async (t) => {
  const { data, environment } = await makeWorkplace(t)
  const server = await startServer(t, { ...environment, LOG_LEVEL: 'trace' })
  const first = await readFirst(join(data, 'first-steps'))
  const firstSecret = Buffer.from(first.authorization.slice(6), 'base64').toString().slice(6)
  const answers: Answer[] = []
  const send = async (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: unknown,
  ): Promise<Answer> => {
    const answer = await ask(server, method, path, headers, body)
    answers.push(answer)
    return answer
  }
  /** What makes secrets shows them once, in its answer. */
  const make = async (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: unknown,
  ) => {
    const answer = await ask(server, method, path, { ...headers, ...json }, body)
    if (answer.status >= 300) throw new Error(answer.text)
    return { ...answer, body: JSON.parse(answer.text) as Readonly<Record<string, string>> }
  }

  await make('PUT', '/v1/settings', first, { apiKeysAllowed: true, sessionKeysAllowed: true })
  const live = (await make('POST', '/v1/users/ada/api-keys', first, {})).body
  const revoked = (await make('POST', '/v1/users/ada/api-keys', first, {})).body
  const service = (
    await make('POST', '/v1/admin/services', first, { name: 'canary', permissions: ['verify'] })
  ).body
  const { invitation = '' } = (
    await make('POST', '/v1/admin/users', first, { user: 'carl', roles: ['user'] })
  ).body
  const claimed = await make('POST', '/v1/invitations/claim', {}, { invitation, password })
  const cookie = String(claimed.headers['set-cookie']).split(';')[0] ?? ''
  const csrf = { cookie, 'x-csrf-token': claimed.body.csrfToken ?? '' }
  const sessionKey = (await make('POST', '/v1/session-keys', csrf, {})).body
  await make('POST', '/v1/admin/api-keys/revoke', first, { ids: [revoked.id] })
  const secrets = [live, revoked, service, sessionKey].map(({ secret = '' }) => secret)
  secrets.push(firstSecret, invitation, cookie.slice(cookie.indexOf('=') + 1))
  t.equal(secrets.filter((secret) => /^lk[a-z]_\w{40,}$/.test(secret)).length, 7)

  for (const secret of secrets) {
    // In their right places, too.
    for (const user of ['apikey', 'first', 'canary', secret]) await send('GET', '/v1/me', basic(user, secret))
    await send('GET', '/v1/me', { apikey: secret })
    await send('GET', '/v1/me', { cookie: `${cookie.split('=')[0]}=${secret}` })
    await send('POST', '/v1/verify', { ...first, ...json }, { credential: secret })
    for (const wrong of [secret, `${secret}x`, secret.slice(0, -3), `apikey|${secret}`, secret + secret]) {
      await wrongPlaces(send, first, wrong)
      await notHttp(server, wrong, answers)
    }
  }
  await send('POST', '/v1/session', json, { user: 'carl', password: `${password}!` })
  await send('POST', '/v1/session', json, { user: 'carl', [password]: password })
  t.ok(answers.length > 1_000)
  t.same(new Set(answers.filter(({ status }) => status >= 500).map(({ text }) => text)), new Set(), 'no 5xx')

  // What a credential keeps to itself; its ids are public. Half of it is too much, too.
  const needles = [...secrets.map((secret) => secret.slice(-38, -6)), password].flatMap((text) => [
    text.slice(0, 16),
    text.slice(-16),
  ])
  const found = (text: string): readonly string[] => needles.filter((needle) => text.includes(needle))
  t.equal(
    found(readFileSync(join(data, 'first-steps'), 'latin1')).length,
    2,
    'the search finds what is there',
  )
  for (const { status, text, headers } of answers) {
    const leaks = found(text + JSON.stringify(headers))
    if (leaks.length > 0) t.fail(`an answer ${status} repeats a secret: ${text} ${JSON.stringify(headers)}`)
  }
  const redis = new Redis(readFileSync(join(data, 'redis.socket'), 'utf8').trim())
  const database = await readDatabase((name, ...args) => redis.call(name, ...args))
  redis.disconnect()
  t.ok([...database.keys()].some((name) => name.endsWith(':audit')))
  for (const [name, content] of database) {
    if (found(name + content).length > 0) t.fail(`the database holds a secret: ${name} ${content}`)
  }
  const audit = await ask(server, 'GET', '/v1/admin/audit?limit=200', first)
  t.match(audit.text, 'api-key.minted')
  t.same(found(audit.text), [], 'the audit log')

  t.same(await stop(server), { code: 0, signal: null })
  const { stdout, stderr } = server.output
  t.ok(stdout.split('"msg":"request"').length > 1_000, 'the log has the requests')
  const guilty = (stdout + stderr).split('\n').filter((line) => found(line).length > 0)
  t.same(guilty, [], 'no line of the log')
  // Everything that was ever written, the log of Redis itself included.
  for (const name of readdirSync(data, { recursive: true, encoding: 'utf8' })) {
    if (name === 'first-steps' || !/aof|site|peppers|lock|redis/.test(name) || name === 'appendonlydir')
      continue
    t.same(found(readFileSync(join(data, name), 'latin1')), [], name)
  }
})

type Send = (
  method: string,
  path: string,
  headers?: Readonly<Record<string, string>>,
  body?: unknown,
) => Promise<Answer>

/** Where people and programs put secrets that do not belong there. Names of users and descriptions are their own affair. */
async function wrongPlaces(
  send: Send,
  first: { readonly authorization: string },
  wrong: string,
): Promise<void> {
  const asService = { ...first, ...json }
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) => send('GET', path, headers)
  const inHeaders: readonly Readonly<Record<string, string>>[] = [
    { authorization: wrong },
    { authorization: `Basic ${wrong}` },
    { authorization: `Digest ${wrong}` },
    { authorization: `Bearer ${wrong} ${wrong}` },
    { authorization: basic(wrong, '').authorization },
    { authorization: basic('', wrong).authorization },
    {
      ...first,
      'x-forwarded-for': wrong,
      'x-request-id': wrong,
      'user-agent': wrong,
      referer: `http://x/${wrong}`,
    },
    { ...first, cookie: `${wrong}=${wrong}`, 'x-api-key': wrong, accept: wrong, 'accept-language': wrong },
    { ...first, 'if-match': wrong, 'content-type': wrong, [wrong]: wrong },
    { host: wrong },
  ]
  await Promise.all([
    get(`/${wrong}`),
    get(`/v1/me/${wrong}`, first),
    get(`/%zz${wrong}`),
    get(`/v1/me?apikey=${wrong}&${wrong}=1`, first),
    get(`/docs?${wrong}`),
    get(`/health/ready?key=${wrong}`),
    get(`/v1/api-keys/${wrong}`, first),
    get(`/v1/admin/jobs/${wrong}`, first),
    get(`/v1/admin/users/${wrong}`, first),
    get(`/v1/admin/services/${wrong}`, first),
    get(`/v1/admin/api-keys?cursor=${wrong}&sort=${wrong}`, first),
    get(`/v1/admin/api-keys?user=${wrong}`, first),
    get(`/v1/admin/audit?cursor=${wrong}`, first),
    send('DELETE', `/v1/admin/services/${wrong}`, first),
    send('DELETE', `/v1/admin/api-keys/${wrong}`, first),
    send('DELETE', `/v1/admin/users/${wrong}`, first),
    send(wrong.slice(0, 4).toUpperCase(), '/v1/me', first),
    ...inHeaders.map((headers) => get('/v1/me', headers)),
    ...inHeaders.map((headers) => send('PUT', '/v1/settings', headers, {})),
    ...[
      { [wrong]: true },
      { apiKeysAllowed: wrong },
      { apiKeyLifetimeDays: [wrong] },
      { siteName: { [wrong]: wrong } },
      wrong,
      [wrong],
    ].map((body) => send('PUT', '/v1/settings', asService, body)),
    ...[
      { ids: [wrong] },
      { user: { [wrong]: 1 } },
      { all: wrong },
      { all: true, site: wrong },
      { [wrong]: wrong },
    ].map((body) => send('POST', '/v1/admin/api-keys/revoke', asService, body)),
    send('POST', '/v1/verify', asService, { credential: 'x', [wrong]: wrong }),
    send('POST', '/v1/verify', asService, { credential: { [wrong]: wrong } }),
    send('POST', '/v1/admin/services', asService, { name: wrong, permissions: [wrong] }),
    send('PATCH', '/v1/admin/users/ada', asService, { roles: [{ [wrong]: wrong }] }),
    send('POST', '/v1/session', json, { user: wrong, password: wrong }),
    send('POST', '/v1/invitations/claim', json, { invitation: wrong, password: 'a long pass phrase' }),
    ...[`{"credential":"${wrong}`, wrong, `{${wrong}:1}`, `{"__proto__":"${wrong}"}`, `"${wrong}"}`].flatMap(
      (text) =>
        ['application/json', 'text/plain', 'application/x-www-form-urlencoded'].map((type) =>
          send('POST', '/v1/verify', { ...first, 'content-type': type }, Buffer.from(text)),
        ),
    ),
  ])
}

/** What Node's HTTP parser itself refuses. */
async function notHttp(server: ServerProcess, wrong: string, answers: Answer[]): Promise<void> {
  const texts = [
    `GET /${wrong} HTTP/9.9\r\n\r\n`,
    `${wrong}\r\n\r\n`,
    `GET / HTTP/1.1\r\n${wrong}\r\n\r\n`,
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${wrong.repeat(400)}\r\n\r\n`,
    `POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-length: ${wrong}\r\n\r\n`,
  ]
  for (const text of texts) {
    const answer = await new Promise<string>((resolve) => {
      let received = ''
      const socket = connect(server.port, '127.0.0.1', () => socket.write(text))
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        received += chunk
      })
      socket.on('error', () => {}).on('close', () => resolve(received))
    })
    answers.push({ status: Number(answer.slice(9, 12)), text: answer, headers: {} })
  }
}

async function ask(
  { port }: ServerProcess,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asking = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }))
    })
    asking.on('error', reject)
    asking.end(body === undefined || body instanceof Buffer ? body : JSON.stringify(body))
  })
}
