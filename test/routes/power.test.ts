// Who makes power, and who must not: keys make nothing, and a service passes on no more than it holds.

import t from 'tap'
import { readDocument } from '../plugins/document.ts'
import { startSite } from '../support/site.ts'
import {
  administratorsKey,
  assertProblem,
  type Headers,
  send,
  serviceWith,
  stateOf,
  verify,
} from './evidence.ts'

const site = await startSite(t)
const administrator = await administratorsKey(site, 'chief')
const plain = await site.mint('plain')
const full = ['verify', 'sessions', 'mint', 'revoke', 'admin']

/** Every carrier of an administrator's key, and a plain user's key: what power is refused to one is refused to all. */
const keyHeaders: readonly Headers[] = [
  administrator.headers,
  { authorization: `Bearer ${administrator.secret}` },
  { apikey: administrator.secret },
  plain.headers,
]

t.test("threat 44: no key mints a key, not even an administrator's, for nobody", async (t) => {
  const before = await stateOf(site.server)
  for (const headers of keyHeaders) {
    for (const user of ['chief', 'plain', 'somebody-new']) {
      const answer = await send(site, `POST /v1/users/${user}/api-keys`, headers, { description: 'more' })
      assertProblem(t, answer, 'credential_not_accepted', user)
    }
    for (const path of ['POST /v1/api-keys', 'POST /v1/session-keys']) {
      const answer = await send(site, path, headers, { description: 'more' })
      assertProblem(t, answer, 'credential_not_accepted', path)
    }
    for (const path of [`POST /v1/api-keys/${administrator.id}`, 'PUT /v1/api-keys']) {
      assertProblem(t, await send(site, path, headers, { description: 'more' }), 'not_found', path)
    }
  }
  t.same(await stateOf(site.server), before)
})

t.test("threat 48: no key changes services, users or settings, not even an administrator's", async (t) => {
  const calls = [
    ['PUT /v1/settings', { apiKeyLifetimeDays: null, apiKeysPerUser: 1000 }],
    ['POST /v1/admin/services', { name: 'backdoor', permissions: full }],
    ['DELETE /v1/admin/services/first', undefined],
    ['POST /v1/admin/services/first/rotate', { overlapHours: 24 }],
    ['POST /v1/admin/users', { user: 'accomplice', roles: ['admin'] }],
    ['DELETE /v1/admin/users/plain', undefined],
    ['PUT /v1/me/password', { password: 'chosen by whoever holds the key' }],
    ['POST /v1/users/chief/sessions', {}],
    ['POST /v1/session/impersonation', { kind: 'user', name: 'plain' }],
    ['PATCH /v1/admin/users/plain', { roles: ['admin'] }],
    ['PATCH /v1/admin/users/chief', { disabled: false }],
    ['PATCH /v1/admin/users/nobody', { roles: ['admin'] }],
  ] as const
  const before = await stateOf(site.server)
  for (const headers of keyHeaders) {
    for (const [path, body] of calls) {
      assertProblem(t, await send(site, path, headers, body), 'credential_not_accepted', path)
      // Refused before the body is read: not even its shape is told.
      const malformed = await send(site, path, { ...headers, 'content-type': 'application/json' }, '{')
      assertProblem(t, malformed, 'credential_not_accepted', path)
    }
  }
  t.same(await stateOf(site.server), before)
})

t.test(
  'threat 48: the writes that are open to keys rename, revoke, shorten or end, and nothing else',
  async (t) => {
    const { operations } = await readDocument(site)
    const open = operations.filter(
      ({ method, security }) => method !== 'GET' && security.some((scheme) => 'key' in scheme),
    )
    t.same(
      open.map(({ operationId }) => operationId).toSorted(),
      [
        'deleteAnyApiKey',
        'deleteAnySession',
        'deleteApiKey',
        'deleteSessionsOfAnyUser',
        'patchApiKey',
        'postClamp',
        'postRevocation',
      ],
      'a write that is opened to keys belongs here only if it makes no power',
    )
  },
)

t.test('threat 49: a service grants only permissions that it holds itself', async (t) => {
  const granter = await serviceWith(site, 'granter', ['admin', 'verify'])
  const before = await stateOf(site.server)
  for (const permissions of [['mint'], ['revoke'], ['sessions'], ['verify', 'mint'], full]) {
    const answer = await send(site, 'POST /v1/admin/services', granter, { name: 'more', permissions })
    assertProblem(t, answer, 'permission_missing', permissions.join())
    for (const permission of permissions) {
      t.equal(
        answer.json().detail.includes(permission),
        !['admin', 'verify'].includes(permission),
        permission,
      )
    }
  }
  t.same(await stateOf(site.server), before)
  const granted = await send(site, 'POST /v1/admin/services', granter, {
    name: 'less',
    permissions: ['verify'],
  })
  t.equal(granted.statusCode, 201)
})

t.test(
  'threat 49: a service without admin changes no services, users or settings, whatever else it holds',
  async (t) => {
    const almost = await serviceWith(site, 'almost', ['verify', 'sessions', 'mint', 'revoke'])
    const before = await stateOf(site.server)
    const answers = [
      await send(site, 'POST /v1/admin/services', almost, { name: 'mine', permissions: ['verify'] }),
      await send(site, 'DELETE /v1/admin/services/almost', almost),
      await send(site, 'DELETE /v1/admin/services/first', almost),
      await send(site, 'PATCH /v1/admin/users/plain', almost, { roles: ['admin'] }),
      await send(site, 'PUT /v1/settings', almost, { apiKeysAllowed: true, apiKeysPerUser: 1000 }),
      await send(site, 'POST /v1/users/chief/api-keys', almost),
    ]
    for (const answer of answers) assertProblem(t, answer, 'permission_missing')
    t.same(await stateOf(site.server), before)
  },
)

t.test('each permission opens its own calls and no other', async (t) => {
  const target = await site.mint('target')
  const calls = {
    verify: ['POST /v1/verify', { credential: target.secret }],
    mint: ['POST /v1/users/target/api-keys', {}],
    revoke: ['POST /v1/admin/api-keys/revoke', { ids: ['zzzzzzzzzzzzzzzz'] }],
    admin: ['PUT /v1/settings', { apiKeysPerUser: 100 }],
  } as const
  for (const permission of full) {
    const headers = await serviceWith(site, `only-${permission}`, [permission])
    for (const [needed, [path, body]] of Object.entries(calls)) {
      const answer = await send(site, path, headers, body)
      if (needed === permission) t.match(answer.statusCode, /^20[01]$/, `${permission}: ${path}`)
      else assertProblem(t, answer, 'permission_missing', `${permission}: ${path}`)
    }
  }
})

t.test("an administrator's key may do what takes power away: list and revoke", async (t) => {
  const ended = await site.mint('ended')
  t.equal((await send(site, 'GET /v1/admin/services', administrator.headers)).statusCode, 200)
  const revoked = await send(site, `DELETE /v1/admin/api-keys/${ended.id}`, administrator.headers)
  t.equal(revoked.statusCode, 204)
  t.match(await verify(site, site.first, ended.secret), { active: false, code: 'credential_invalid' })
})
