// Every operation that changes something, each with a request that succeeds on the scene made here: for tests of what holds
// for all of them. In an order in which all succeed one after the other.

import type { InjectOptions } from 'fastify'
import { type SignedIn, signInAs, testPassword } from './sign-in.ts'
import type { MintedForTest, TestSite } from './site.ts'

/** One for each way of ending a key; `kept` is ended by nothing but "revoke all". */
const keyNames = ['own', 'selected', 'ofUser', 'any', 'disabled', 'gone', 'kept'] as const

/** One for each way of ending a session; `working` is ended by none, `root` and `boss` are administrators. */
const sessionNames = ['own', 'mine', 'ofUser', 'byId', 'any', 'ofAnyUser', 'working'] as const

export interface Scene {
  readonly site: TestSite
  readonly keys: Readonly<Record<(typeof keyNames)[number], MintedForTest>>
  readonly sessions: Readonly<Record<(typeof sessionNames)[number] | 'root' | 'boss', SignedIn>>
  readonly sessionKeyId: string
  readonly invitation: string
}

export interface Change {
  /** Operation of the OpenAPI document. */
  readonly operation: string
  /** On a full Redis, what makes something is refused, and whatever takes power away works. */
  readonly whenFull: 'works' | 'refused'
  request(scene: Scene): InjectOptions
}

/** Operations other than GET that change nothing. */
export const readsByPost = ['postVerify']

export const changes: readonly Change[] = [
  refused('postApiKeyOfUser', ({ site }) => by(site.first, 'POST', '/v1/users/kept/api-keys', {})),
  refused('postApiKeyOfUser', ({ site }) => by(site.first, 'POST', '/v1/users/new/api-keys', {})),
  refused('postApiKey', ({ sessions }) => by(sessions.working.headers, 'POST', '/v1/api-keys', {})),
  refused('postSession', () => by({}, 'POST', '/v1/session', { user: 's-working', password: testPassword })),
  refused('postInvitationClaim', ({ invitation }) =>
    by({}, 'POST', '/v1/invitations/claim', { invitation, password: testPassword }),
  ),
  refused('postSessionKey', ({ sessions }) => by(sessions.working.headers, 'POST', '/v1/session-keys', {})),
  refused('postSessionOfUser', ({ site }) => by(site.first, 'POST', '/v1/users/s-working/sessions', {})),
  refused('postSessionKeyOfSession', ({ site, sessions }) =>
    by(site.first, 'POST', `/v1/sessions/${sessions.working.id}/session-keys`, {}),
  ),
  refused('postSessionTouch', ({ site, sessions }) =>
    by(site.first, 'POST', `/v1/sessions/${sessions.working.id}/touch`),
  ),
  // It counts tries first, as a sign-in does, and no try goes uncounted.
  refused('putPassword', ({ sessions }) =>
    by(sessions.working.headers, 'PUT', '/v1/me/password', {
      present: testPassword,
      next: `${testPassword}!`,
    }),
  ),
  refused('postUser', ({ site }) => by(site.first, 'POST', '/v1/admin/users', { user: 'invited-too' })),
  refused('postService', ({ site }) =>
    by(site.first, 'POST', '/v1/admin/services', { name: 'late', permissions: ['verify'] }),
  ),
  works('patchApiKey', ({ keys: { kept } }) =>
    by(kept.headers, 'PATCH', `/v1/api-keys/${kept.id}`, { description: 'renamed' }),
  ),
  works('patchSession', ({ site, sessions }) =>
    by(site.first, 'PATCH', `/v1/sessions/${sessions.working.id}`, { context: { phiLevel: 'limited' } }),
  ),
  works('postServiceRotation', ({ site }) => by(site.first, 'POST', '/v1/admin/services/doomed/rotate', {})),
  works('postImpersonation', ({ sessions }) =>
    by(sessions.root.headers, 'POST', '/v1/session/impersonation', { kind: 'role', name: 'user' }),
  ),
  works('deleteImpersonation', ({ sessions }) =>
    by(sessions.boss.headers, 'DELETE', '/v1/session/impersonation'),
  ),
  works('putSettings', ({ site }) => by(site.first, 'PUT', '/v1/settings', { apiKeyLifetimeDays: 90 })),
  works('postClamp', ({ site }) => by(site.first, 'POST', '/v1/admin/api-keys/clamp')),
  works('deleteSessionKey', ({ sessions, sessionKeyId }) =>
    by(sessions.working.headers, 'DELETE', `/v1/session-keys/${sessionKeyId}`),
  ),
  works('deleteSession', ({ sessions }) => by(sessions.own.headers, 'DELETE', '/v1/session')),
  works('deleteMySessions', ({ sessions }) => by(sessions.mine.headers, 'DELETE', '/v1/me/sessions')),
  works('deleteSessionsOfUser', ({ site }) => by(site.first, 'DELETE', '/v1/users/s-ofUser/sessions')),
  works('deleteSessionById', ({ site, sessions }) =>
    by(site.first, 'DELETE', `/v1/sessions/${sessions.byId.id}`),
  ),
  works('deleteAnySession', ({ site, sessions }) =>
    by(site.first, 'DELETE', `/v1/admin/sessions/${sessions.any.id}`),
  ),
  works('deleteSessionsOfAnyUser', ({ site }) =>
    by(site.first, 'DELETE', '/v1/admin/users/s-ofAnyUser/sessions'),
  ),
  works('deleteApiKey', ({ keys: { own } }) => by(own.headers, 'DELETE', `/v1/api-keys/${own.id}`)),
  works('deleteAnyApiKey', ({ site, keys }) => by(site.first, 'DELETE', `/v1/admin/api-keys/${keys.any.id}`)),
  works('patchUser', ({ site }) => by(site.first, 'PATCH', '/v1/admin/users/disabled', { disabled: true })),
  works('deleteUser', ({ site }) => by(site.first, 'DELETE', '/v1/admin/users/gone')),
  works('deleteService', ({ site }) => by(site.first, 'DELETE', '/v1/admin/services/doomed')),
  works('postRevocation', ({ site, keys }) => revocation(site, { ids: [keys.selected.id] })),
  works('postRevocation', ({ site }) => revocation(site, { user: 'ofUser' })),
  works('postRevocation', ({ site }) => revocation(site, { all: true, site: 'Latchkey' })),
]

export async function setScene(site: TestSite): Promise<Scene> {
  const make = async (request: InjectOptions, status = 201): Promise<Readonly<Record<string, string>>> => {
    const answer = await site.app.inject(request)
    if (answer.statusCode !== status) throw new Error(`${request.url}: ${answer.body}`)
    return answer.json()
  }
  await make(by(site.first, 'PUT', '/v1/settings', { sessionKeysAllowed: true }), 200)
  await make(by(site.first, 'POST', '/v1/admin/services', { name: 'doomed', permissions: ['verify'] }))
  const keys = await recordOf(keyNames, async (name) => await site.mint(name))
  const users = await recordOf(sessionNames, async (name) => await signInAs(site, `s-${name}`))
  const administrators = await recordOf(
    ['root', 'boss'] as const,
    async (name) => await signInAs(site, name, ['user', 'admin']),
  )
  const impersonating = await site.app.inject(
    by(administrators.boss.headers, 'POST', '/v1/session/impersonation', { kind: 'role', name: 'user' }),
  )
  const boss = administrators.boss.renewedBy(impersonating)
  const sessionKey = await make(by(users.working.headers, 'POST', '/v1/session-keys', {}))
  const { invitation = '' } = await make(by(site.first, 'POST', '/v1/admin/users', { user: 'invited' }))
  // After the keys, so that there is something to clamp.
  await make(by(site.first, 'PUT', '/v1/settings', { apiKeyLifetimeDays: 365 }), 200)
  const sessions = { ...users, ...administrators, boss }
  return { site, keys, sessions, sessionKeyId: sessionKey.id ?? '', invitation }
}

async function recordOf<Name extends string, Made>(
  names: readonly Name[],
  make: (name: Name) => Promise<Made>,
): Promise<Record<Name, Made>> {
  const made = await Promise.all(names.map(async (name) => [name, await make(name)] as const))
  return Object.fromEntries(made) as Record<Name, Made>
}

function works(operation: string, request: Change['request']): Change {
  return { operation, whenFull: 'works', request }
}

function refused(operation: string, request: Change['request']): Change {
  return { operation, whenFull: 'refused', request }
}

function by(
  headers: Readonly<Record<string, string>> | SignedIn['headers'],
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  payload?: object,
): InjectOptions {
  return { method, url, headers: { ...headers }, ...(payload === undefined ? {} : { payload }) }
}

function revocation({ first }: TestSite, payload: object): InjectOptions {
  return by(first, 'POST', '/v1/admin/api-keys/revoke', payload)
}
