// Every change about sessions has exactly one event that says who, what and from where; what is refused has none, but for
// refused sign-ins.

import t from 'tap'
import type { AuditEvent } from '../../store/audit.ts'
import { auditEvents, send } from '../routes/evidence.ts'
import { from, startSessionSite, testProxies } from '../support/session-site.ts'
import { signedInBy, signInAs, testPassword } from '../support/sign-in.ts'

const site = await startSessionSite(t, { trustedProxies: testProxies })
const { server } = site
const address = '203.0.113.7'
const next = 'another long enough password'

/** Does it, and gives the events it left, each stream in its order. */
async function eventsOf<Outcome>(step: () => Promise<Outcome>): Promise<[Outcome, readonly AuditEvent[]]> {
  const countOf = (events: readonly AuditEvent[]) => {
    const counts = new Map<string, number>()
    for (const event of events)
      counts.set(JSON.stringify(event), (counts.get(JSON.stringify(event)) ?? 0) + 1)
    return counts
  }
  const before = countOf(await auditEvents(server))
  const outcome = await step()
  const left = (await auditEvents(server)).filter((event) => {
    const seen = before.get(JSON.stringify(event)) ?? 0
    before.set(JSON.stringify(event), seen - 1)
    return seen <= 0
  })
  return [outcome, left]
}

async function call(methodAndPath: string, headers = {}, body?: object) {
  return await send(site, methodAndPath, { ...headers, ...from(address) }, body)
}

site.test(
  'threat 43: every change about sessions has one event, with who, what and from where',
  async (t) => {
    const root = await signInAs(site, 'root', ['user', 'admin'])
    await site.mint('ada')
    const userActor = (name: string, id: string) => ({ kind: 'user', name, id })
    const service = { kind: 'service', name: 'first', id: 'first' }

    const [invited, invitation] = await eventsOf(
      async () => await call('POST /v1/admin/users', root.headers, { user: 'ada' }),
    )
    t.strictSame(invitation, [
      {
        actor: userActor('root', root.id),
        address,
        action: 'user.invited',
        subject: 'ada',
        details: { expiresAtMs: Date.parse(invited.json().expiresAt) },
      },
    ])

    const claim = { invitation: invited.json().invitation, password: testPassword }
    const [claimed, claiming] = await eventsOf(
      async () => await call('POST /v1/invitations/claim', {}, claim),
    )
    const adaId = claimed.json().id.slice(0, 8)
    const ada = userActor('ada', adaId)
    t.strictSame(claiming, [
      { actor: ada, address, action: 'invitation.claimed', subject: 'ada' },
      { actor: ada, address, action: 'session.opened', subject: 'ada', details: { id: claimed.json().id } },
    ])

    const credentials = { user: 'ada', password: testPassword }
    const [opened, opening] = await eventsOf(async () => await call('POST /v1/session', {}, credentials))
    const { id, headers } = signedInBy(opened)
    t.strictSame(opening, [
      { actor: ada, address, action: 'session.opened', subject: 'ada', details: { id } },
    ])

    const own = { actor: userActor('ada', id), address, subject: 'ada' }
    const [minted, minting] = await eventsOf(async () => await call('POST /v1/session-keys', headers, {}))
    const key = { id: minted.json().id, number: minted.json().number }
    t.strictSame(minting, [{ ...own, action: 'session-key.minted', details: key }])

    const [, revoking] = await eventsOf(async () => await call(`DELETE /v1/session-keys/${key.id}`, headers))
    t.strictSame(revoking, [{ ...own, action: 'session-key.revoked', details: { id: key.id } }])

    const change = { present: testPassword, next }
    const [, changing] = await eventsOf(async () => await call('PUT /v1/me/password', headers, change))
    t.strictSame(changing, [
      { ...own, action: 'password.changed' },
      { ...own, action: 'session.ended', details: { all: true, kept: [id] } },
    ])

    const [, ending] = await eventsOf(async () => await call('DELETE /v1/session', headers))
    t.strictSame(ending, [{ ...own, action: 'session.ended', details: { id } }])

    const [hosted, hosting] = await eventsOf(
      async () => await call('POST /v1/users/ada/sessions', site.first, {}),
    )
    const byService = { actor: service, address, subject: 'ada' }
    const session = hosted.json().id
    t.strictSame(hosting, [{ ...byService, action: 'session.opened', details: { id: session } }])

    const context = { context: { phiLevel: 'full' } }
    const [, patching] = await eventsOf(
      async () => await call(`PATCH /v1/sessions/${session}`, site.first, context),
    )
    t.strictSame(patching, [
      { ...byService, action: 'session.changed', details: { id: session, phiLevel: 'full' } },
    ])

    const [, touching] = await eventsOf(
      async () => await call(`POST /v1/sessions/${session}/touch`, site.first),
    )
    t.strictSame(touching, [], 'a touch is a use')

    const [, everywhere] = await eventsOf(
      async () => await call('DELETE /v1/admin/users/ada/sessions', root.headers),
    )
    t.strictSame(everywhere, [
      {
        actor: userActor('root', root.id),
        address,
        action: 'session.ended',
        subject: 'ada',
        details: { all: true, kept: [] },
      },
    ])
  },
)

site.test('refused sign-ins are recorded, without what was typed where nobody is of that name', async (t) => {
  const wrong = { password: 'not the right password' }
  const signIn = async (user: string) => await call('POST /v1/session', {}, { ...wrong, user })
  const [, known] = await eventsOf(async () => await signIn('ADA'))
  t.match(known, [
    { actor: { kind: 'user', name: 'ada' }, address, action: 'sign-in.refused', subject: 'ada' },
  ])
  t.equal(known.length, 1)
  const [, unknown] = await eventsOf(async () => await signIn('not-a-user-but-a-password'))
  t.strictSame(unknown, [
    { actor: { kind: 'user', name: '', id: '' }, address, action: 'sign-in.refused', subject: '' },
  ])
})

site.test('what is refused, and what finds nothing to do, leaves no event', async (t) => {
  const bob = await site.cookieSession('bob')
  const gone = `${bob.id.slice(0, 8)}00000000`
  const [answers, left] = await eventsOf(async () => [
    await call('POST /v1/session', { origin: 'https://evil.example' }, { user: 'bob', password: 'x' }),
    await call('POST /v1/session-keys', { cookie: bob.headers.cookie }, {}),
    await call('POST /v1/session/impersonation', bob.headers, { kind: 'user', name: 'ada' }),
    await call('POST /v1/invitations/claim', {}, { invitation: 'x', password: testPassword }),
    await call(`DELETE /v1/session-keys/${bob.id}00000000`, bob.headers),
    await call(`DELETE /v1/sessions/${gone}`, site.first),
    await call(`PATCH /v1/sessions/${gone}`, site.first, { context: {} }),
    await call('DELETE /v1/session/impersonation', bob.headers),
    await call('DELETE /v1/admin/users/nobody/sessions', site.first),
  ])
  for (const answer of answers) t.ok(answer.statusCode >= 400, answer.body)
  t.strictSame(left, [])
  await send(site, 'DELETE /v1/users/bob/sessions', site.first)
  const [none, nothing] = await eventsOf(async () => await call('DELETE /v1/users/bob/sessions', site.first))
  t.strictSame([none.json(), nothing], [{ ended: 0 }, []])
})

site.test(
  'every use is a line of the access log, with user, public id and address, and no secret',
  async (t) => {
    const carol = await site.cookieSession('carol')
    const key = await site.sessionKey(carol.id)
    site.logged.length = 0
    await call('GET /v1/me', carol.headers)
    await call('GET /v1/me', key.headers)
    await call('POST /v1/verify', site.first, { credential: key.secret })
    await call('GET /v1/me', { cookie: `latchkey=${carol.cookie.slice(0, -1)}_` })
    const ended = await site.cookieSession('carol')
    await send(site, `DELETE /v1/sessions/${ended.id}`, site.first)
    await call('GET /v1/me', ended.headers)
    const lines = site.logged
      .map((line) => JSON.parse(line))
      .filter((line) => line.msg === 'request' && line.address === address)
    t.match(lines, [
      { user: 'carol', id: carol.id, kind: 'session', status: 200 },
      { user: 'carol', id: key.id, kind: 'session-key', status: 200 },
      { service: 'first', verified: { id: key.id, user: 'carol', code: null } },
      { user: null, id: null, code: 'credential_malformed', status: 401 },
      { user: null, id: ended.id, code: 'credential_invalid', status: 401 },
    ])
    t.equal(lines.length, 5)
    for (const secret of [carol.cookie, key.secret, carol.headers['x-csrf-token']])
      t.notOk(site.logged.join('').includes(secret.slice(-38, -6)))
  },
)
