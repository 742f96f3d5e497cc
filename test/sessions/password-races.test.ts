// Sign-ins that are under way while the password changes: what proved the user then proves nothing now.

import t from 'tap'
import { claimInvitation, invite, inviteUser } from '../../domain/invitations.ts'
import { changePassword, signIn } from '../../domain/sign-in.ts'
import { removeUser } from '../../domain/user-deletion.ts'
import { findUser } from '../../domain/users.ts'
import { names } from '../../store/names.ts'
import { assertProblem, auditEvents, send } from '../routes/evidence.ts'
import { interrupted } from '../support/interrupted.ts'
import {
  callerBy,
  from,
  sessionHashes,
  startSessionSite,
  testOrigin,
  testProxies,
} from '../support/session-site.ts'
import { signedInBy, signInAs, testPassword } from '../support/sign-in.ts'

const site = await startSessionSite(t, { trustedProxies: testProxies })
const { core, server } = site
const next = 'another long enough password'

async function sessionsOf(user: string): Promise<readonly string[]> {
  const { items } = (await send(site, `GET /v1/admin/sessions?user=${user}`, site.first)).json()
  return items.map(({ id }: { id: string }) => id)
}

site.test('a sign-in with the old password, under way while it is changed, opens no session', async (t) => {
  const ada = await signInAs(site, 'ada')
  const caller = await callerBy(site, ada.headers.cookie.slice('latchkey='.length))
  const slow = interrupted(core, 'after the password', async () => {
    await changePassword(core, caller, { present: testPassword, next }, testOrigin)
  })
  const attempt = { userName: 'ada', password: testPassword, address: '192.0.2.1' }
  await t.rejects(signIn(slow, attempt), { code: 'sign_in_refused' })
  t.strictSame(await sessionsOf('ada'), [ada.id], 'only the session that changed it')
  const opened = (await auditEvents(server, 'session.opened')).filter(({ subject }) => subject === 'ada')
  t.equal(opened.length, 1)
  const refused = await auditEvents(server, 'sign-in.refused')
  t.match(refused, [{ subject: 'ada', address: '192.0.2.1' }], 'and it is recorded')
  t.equal((await signIn(core, { ...attempt, password: next })).user, 'ada')
})

site.test(
  'a sign-in with the old password, under way while an invitation is claimed, opens none',
  async (t) => {
    const grace = await signInAs(site, 'grace')
    const { secret } = await inviteUser(core, { user: 'grace' }, testOrigin)
    const slow = interrupted(core, 'after the password', async () => {
      await claimInvitation(core, secret.reveal(), next, '203.0.113.1')
    })
    const attempt = { userName: 'grace', password: testPassword, address: '192.0.2.1' }
    await t.rejects(signIn(slow, attempt), { code: 'sign_in_refused' })
    const [only, ...more] = await sessionsOf('grace')
    t.strictSame(more, [])
    t.not(only, grace.id, 'only the session of the claim')
  },
)

site.test('a sign-in under way while its user is deleted and made anew is not the new user', async (t) => {
  await signInAs(site, 'linus')
  const slow = interrupted(core, 'after the password', async () => {
    await removeUser(core, 'linus', testOrigin)
    await inviteUser(core, { user: 'linus', roles: ['user', 'admin'] }, testOrigin)
  })
  const attempt = { userName: 'linus', password: testPassword, address: '192.0.2.1' }
  await t.rejects(signIn(slow, attempt), { code: 'sign_in_refused' })
  t.strictSame(await sessionsOf('linus'), [])
})

site.test('a sign-in under way while its user is deleted is refused like any other', async (t) => {
  await signInAs(site, 'peggy')
  const slow = interrupted(core, 'after the password', async () => {
    await removeUser(core, 'peggy', testOrigin)
  })
  const attempt = { userName: 'peggy', password: testPassword, address: '192.0.2.1' }
  await t.rejects(signIn(slow, attempt), { code: 'sign_in_refused' })
  const subjects = (await auditEvents(server, 'sign-in.refused')).map(({ subject }) => subject)
  t.equal(subjects.filter((subject) => subject === 'peggy').length, 1)
})

site.test('an invitation under way while its user is deleted leaves nothing of them', async (t) => {
  await signInAs(site, 'oscar')
  const { record } = await findUser(core, 'oscar')
  // Whoever comes first: either the link is deleted with the user, or it is not made.
  await Promise.allSettled([removeUser(core, 'oscar', testOrigin), invite(core, record, testOrigin)])
  await t.rejects(invite(core, record, testOrigin), { code: 'record_contended' })
  t.equal(await server.command('EXISTS', names.signIn(record.id)), 0)
})

site.test('a sign-in under way while its user is disabled opens no session', async (t) => {
  const mallory = await signInAs(site, 'mallory')
  await send(site, `DELETE /v1/sessions/${mallory.id}`, site.first)
  const slow = interrupted(core, 'after the password', async () => {
    await send(site, 'PATCH /v1/admin/users/mallory', site.first, { disabled: true })
  })
  const attempt = { userName: 'mallory', password: testPassword, address: '192.0.2.1' }
  await t.rejects(signIn(slow, attempt), { code: 'sign_in_refused' })
  t.strictSame(await sessionsOf('mallory'), [])
})

site.test(
  'of changes of a password and sign-ins with the old one at once, only what came before is left',
  async (t) => {
    const eve = await signInAs(site, 'eve')
    const attempts = Array.from({ length: 20 }, async (_, index) =>
      send(site, 'POST /v1/session', from(`198.51.100.${index}`), { user: 'eve', password: testPassword }),
    )
    const change = await send(site, 'PUT /v1/me/password', eve.headers, { present: testPassword, next })
    t.equal(change.statusCode, 204)
    const answers = await Promise.all(attempts)
    for (const answer of answers) {
      if (answer.statusCode !== 201) assertProblem(t, answer, 'sign_in_refused')
      else
        assertProblem(
          t,
          await send(site, 'GET /v1/session', signedInBy(answer).headers),
          'credential_invalid',
        )
    }
    t.strictSame(await sessionsOf('eve'), [eve.id])
    t.equal((await sessionHashes(server)).filter((name) => name.includes(eve.id.slice(0, 8))).length, 1)
  },
)
