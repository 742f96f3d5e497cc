// Who may read and change users and services: every kind of caller on every such route.

import t from 'tap'
import type { ErrorCode } from '../../domain/errors.ts'
import { startSite } from '../support/site.ts'
import { administratorsKey, assertProblem, type Headers, send, serviceWith, stateOf } from './evidence.ts'

const reads = [
  'GET /v1/admin/users',
  'GET /v1/admin/users/ada',
  'GET /v1/admin/services',
  'GET /v1/admin/services/target',
]
/** In an order in which each finds what it is about. */
const writes: readonly (readonly [request: string, payload?: object])[] = [
  ['PATCH /v1/admin/users/ada', { roles: ['user', 'admin'] }],
  ['POST /v1/admin/services/target/rotate', { overlapHours: 0 }],
  ['POST /v1/admin/services', { name: 'another', permissions: ['admin'] }],
  ['DELETE /v1/admin/services/target'],
  ['DELETE /v1/admin/users/ada'],
]

t.test("threats 44 and 48: no key changes users or services, not even an administrator's", async (t) => {
  const site = await startSite(t)
  const ada = await site.mint('ada')
  const root = await administratorsKey(site)
  await serviceWith(site, 'target', ['admin'])
  const others = ['verify', 'sessions', 'mint', 'revoke']
  const powerless = await Promise.all(others.map((permission) => serviceWith(site, permission, [permission])))
  const everythingElse = await serviceWith(site, 'everything-else', others)
  const administrating = await serviceWith(site, 'administrating', ['admin'])

  const before = await stateOf(site.server)
  const assertRefused = async (headers: Headers, ofReads: ErrorCode | null, ofWrites: ErrorCode) => {
    for (const [request, payload] of writes) {
      assertProblem(t, await send(site, request, headers, payload), ofWrites, request)
    }
    for (const request of reads) {
      const answer = await send(site, request, headers)
      if (ofReads === null) t.equal(answer.statusCode, 200, request)
      else assertProblem(t, answer, ofReads, request)
    }
  }
  await assertRefused({}, 'credential_missing', 'credential_missing')
  await assertRefused(ada.headers, 'role_missing', 'credential_not_accepted')
  await assertRefused(root.headers, null, 'credential_not_accepted')
  for (const headers of [...powerless, everythingElse]) {
    await assertRefused(headers, 'permission_missing', 'permission_missing')
  }
  for (const [request, payload] of writes) {
    const headers = { ...administrating, origin: 'https://evil.example' }
    assertProblem(t, await send(site, request, headers, payload), 'cross_site_write', request)
  }
  t.same(await stateOf(site.server), before, 'nothing was changed')

  for (const request of reads) {
    t.equal((await send(site, request, administrating)).statusCode, 200, request)
  }
  for (const [request, payload] of writes) {
    const { statusCode } = await send(site, request, administrating, payload)
    t.ok(statusCode >= 200 && statusCode < 300, `${request}: ${statusCode}`)
  }
})

t.test('the routes of users and services are in OpenAPI, with what each answers', async (t) => {
  const site = await startSite(t)
  const { paths, components } = site.app.swagger() as unknown as {
    paths: Record<string, Record<string, { responses: object }>>
    components: { schemas: Record<string, { properties?: object }> }
  }
  const statusesOf = (path: string, method: string) => Object.keys(paths[path]?.[method]?.responses ?? {})
  const guarded = ['401', '403', '431', '500', '503']
  const expected: readonly (readonly [path: string, method: string, statuses: readonly string[]])[] = [
    ['/v1/admin/users', 'get', ['200', '400']],
    ['/v1/admin/users/{user}', 'get', ['200', '400', '404']],
    ['/v1/admin/users/{user}', 'delete', ['204', '400', '404', '409', '413', '415']],
    ['/v1/admin/services/{name}', 'get', ['200', '400', '404']],
    ['/v1/admin/services/{name}/rotate', 'post', ['201', '400', '404', '409', '413', '415']],
  ]
  for (const [path, method, statuses] of expected) {
    t.same(statusesOf(path, method).sort(), [...statuses, ...guarded].sort(), `${method} ${path}`)
  }
  for (const name of ['User', 'ListedUser', 'UserPage', 'Service', 'ServiceRotation']) {
    t.ok(components.schemas[name], name)
  }
  t.notOk(Object.keys(components.schemas.Service?.properties ?? {}).includes('secret'))
})
