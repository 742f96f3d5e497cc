// The OpenAPI document against the routes themselves: who is let in, and which statuses are answered. And that no route
// comes without saying who may call it.

import t from 'tap'
import { administratorsKey, assertProblem, type Headers, send, until } from '../routes/evidence.ts'
import { signInAs } from '../support/sign-in.ts'
import { startInstance, startSite } from '../support/site.ts'
import { callOf, isGuarded, type RoutedOperation, readDocument } from './document.ts'

const site = await startSite(t)
const { document, operations } = await readDocument(site)

t.test('the security of an operation is what the route takes', async (t) => {
  const administrator = (await administratorsKey(site)).headers
  for (const operation of operations) {
    const { operationId, method, security } = operation
    // Refused by its shape wherever the caller is let in, so that nothing is done.
    const ask = async (headers: Headers) => {
      const { statusCode, body } = await send(
        site,
        callOf(operation),
        { ...headers, 'content-type': 'application/json' },
        method === 'GET' ? undefined : '{"no such member": ',
      )
      return { statusCode, code: statusCode < 400 ? null : JSON.parse(body).code }
    }
    const schemes = security.flatMap((each) => Object.keys(each))
    t.ok(schemes.every((scheme) => scheme in document.components.securitySchemes))
    const [asKey, asService, asNobody] = [await ask(administrator), await ask(site.first), await ask({})]
    t.equal(asNobody.code === 'credential_missing', schemes.length > 0, `${operationId} by nobody`)
    if (schemes.length === 0) continue
    t.equal(asKey.code !== 'credential_not_accepted', schemes.includes('key'), `${operationId} by key`)
    t.equal(
      asService.code !== 'user_credential_needed',
      schemes.includes('service'),
      `${operationId} by service`,
    )
    t.equal(schemes.includes('keyAsBearer') && schemes.includes('keyAsHeader'), schemes.includes('key'))
  }
})

/** What is tried on every write, in the hope of an answer that is not declared. */
const payloads: readonly (readonly [type: string, body: string])[] = [
  ['application/json', '{'],
  ['application/json', '{"no such member": 1}'],
  ['text/plain', 'x'],
]
const tooLarge = `"${'x'.repeat(140_000)}"`

/** Calls that are obeyed, or refused for a reason of their own. */
const purposeful: readonly (readonly [
  operationId: string,
  call: string,
  status: number,
  body?: object,
  headers?: Headers,
])[] = [
  ['putSettings', 'PUT /v1/settings', 200, { sessionIdleMinutes: 31 }],
  ['putSettings', 'PUT /v1/settings', 412, { sessionIdleMinutes: 32 }, { 'if-match': '"older"' }],
  ['postApiKeyOfUser', 'POST /v1/users/teller/api-keys', 201, { description: 'd' }],
  ['patchUser', 'PATCH /v1/admin/users/teller', 200, { groups: ['g'] }],
  ['patchUser', 'PATCH /v1/admin/users/nobody', 404, { groups: ['g'] }],
  ['postVerify', 'POST /v1/verify', 200, { credential: 'x' }],
  ['postService', 'POST /v1/admin/services', 201, { name: 'told', permissions: ['verify'] }],
  ['postService', 'POST /v1/admin/services', 409, { name: 'told', permissions: ['verify'] }],
  ['deleteService', 'DELETE /v1/admin/services/told', 204],
  ['postRevocation', 'POST /v1/admin/api-keys/revoke', 200, { user: 'teller' }],
  ['postRevocation', 'POST /v1/admin/api-keys/revoke', 404, { user: 'nobody' }],
  ['postRevocation', 'POST /v1/admin/api-keys/revoke', 400, { all: true, site: 'another' }],
]

t.test('every status that any request here was answered with is declared', async (t) => {
  const teller = await site.mint('teller')
  const session = await signInAs(site, 'signed-in@example.org', ['user', 'admin'])
  const callers = [{}, site.first, teller.headers, (await administratorsKey(site)).headers, session.headers]
  const signs = [{ origin: 'https://evil.example' }, { authorization: 'Basic !!!!' }]
  const asked = [...callers, ...signs.map((sign) => ({ ...site.first, ...sign }))]
  const answered = new Map<string, Set<number>>()
  const undeclared = new Set<string>()
  const note = ({ operationId, responses }: RoutedOperation, statusCode: number) => {
    answered.set(operationId, (answered.get(operationId) ?? new Set<number>()).add(statusCode))
    if (!(statusCode in responses)) undeclared.add(`${operationId} ${statusCode}`)
  }
  // What ends the session that asks comes last.
  const inOrder = operations.toSorted((left, right) => Number(isEnd(left)) - Number(isEnd(right)))
  for (const operation of inOrder) {
    const parameters = operation.path.includes('{') ? ['zzzzzzzz', 'zzzzzzzzzzzzzzzz', '%20'] : ['']
    for (const parameter of parameters) {
      const call = callOf(operation, parameter)
      const tries = operation.method === 'GET' ? [] : payloads
      for (const headers of asked) {
        const asJson = { ...headers, 'content-type': 'application/json' }
        const answers = await Promise.all([
          send(site, call, headers),
          send(site, `${call}?limit=x&cursor=x&order=x&sort=x&apiKeyLifetimeDays=x`, headers),
          ...tries.map(([type, body]) => send(site, call, { ...headers, 'content-type': type }, body)),
          ...(tries.length > 0 && parameter === parameters[0] ? [send(site, call, asJson, tooLarge)] : []),
        ])
        for (const { statusCode } of answers) note(operation, statusCode)
      }
    }
  }
  for (const [operationId, call, status, body, headers] of purposeful) {
    const operation = operations.find((each) => each.operationId === operationId)
    const { statusCode } = await send(site, call, { ...site.first, ...headers }, body)
    t.equal(statusCode, status, call)
    if (operation !== undefined) note(operation, statusCode)
  }
  t.same([...undeclared].sort(), [])
  for (const operation of operations) {
    const { operationId, method, security } = operation
    const statuses = [...(answered.get(operationId) ?? [])].sort()
    const expected = isGuarded(operation) ? [401] : []
    if (method !== 'GET') expected.push(403)
    // For a body to be looked at the caller must have been let in; the session may have been ended by then.
    const mayService = security.some((scheme) => 'service' in scheme)
    if (method !== 'GET' && (mayService || !isGuarded(operation))) expected.push(413, 415)
    t.ok(
      expected.every((status) => statuses.includes(status)),
      `${operationId} answered ${statuses}`,
    )
  }
})

function isEnd({ method, path }: RoutedOperation): boolean {
  return method === 'DELETE' && /session/.test(path)
}

t.test(
  'without Redis every operation that needs it answers a declared 503 that says when to come back',
  async (t) => {
    const lonely = await startSite(t)
    await lonely.server.stop()
    await until('the loss of the connection', () => (lonely.redis.isReady ? null : true))
    for (const operation of operations) {
      const { operationId, responses } = operation
      if (!isGuarded(operation) && operationId !== 'getReady') continue
      const answer = await send(lonely, callOf(operation), lonely.first)
      assertProblem(t, answer, 'redis_unavailable', operationId)
      t.equal(answer.headers['retry-after'], '1')
      t.ok('503' in responses)
    }
    t.equal((await send(lonely, 'GET /health/live')).statusCode, 200, 'the process itself is well')
  },
)

t.test('a route that does not say who may call it keeps the app from starting', async (t) => {
  const declared = { config: { access: 'anyone' } } as const
  const open = await startInstance(t, { url: site.server.url })
  open.app.get('/declared', declared, async () => 'ok')
  await open.app.ready()
  t.equal((await open.app.inject('/declared')).body, 'ok')

  const direct = await startInstance(t, { url: site.server.url })
  direct.app.get('/undeclared', async () => 'open to anyone')
  await t.rejects(async () => await direct.app.ready(), { message: /config\.access: .*\/undeclared/ })

  const nested = await startInstance(t, { url: site.server.url })
  nested.app.register(async (scope) => {
    scope.get('/declared', declared, async () => 'ok')
    scope.post('/nested/undeclared', { config: {} }, async () => 'open to anyone')
  })
  await t.rejects(async () => await nested.app.ready(), { message: /config\.access: .*\/nested\/undeclared/ })
})
