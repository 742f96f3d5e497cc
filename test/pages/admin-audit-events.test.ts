import t from 'tap'
import { auditEvent, plant } from '../support/audit-events.ts'
import { startSessionSite } from '../support/session-site.ts'
import { rowsOf } from './rows.ts'

const site = await startSessionSite(t)

// Before there is any user: Redis takes only newer events into a stream, and users' streams are drawn by lot.
const id = 'Ab3dEf6hIj9lMn2p'
const by = (actor: object, more: object, ms: number) => ({
  ms: Date.UTC(2021, 0, 2, 3, 4, 5) + ms,
  sequence: 0,
  stream: 6,
  event: auditEvent({ actor: { kind: 'user', id: 'x', ...actor }, subject: 'ada lovelace/1', ...more }),
})
await plant(site.server, [
  by(
    { name: 'root' },
    {
      action: 'api-key.revoked',
      details: { id, number: 42, expiresAtMs: Date.UTC(2022, 5, 7, 8, 9), toMs: null },
    },
    0,
  ),
  by({ name: 'bob', impersonator: 'root' }, { action: 'session-key.minted', details: { id } }, 1000),
  by(
    { name: 'root', impersonator: 'root' },
    { action: 'session.ended', details: { all: true, kept: [] } },
    2000,
  ),
  by(
    { kind: 'system', name: 'server' },
    {
      action: 'settings.changed',
      subject: 'Latchkey',
      address: '',
      details: { apiKeysAllowed: { from: false, to: true }, apiKeyLifetimeDays: { from: null, to: 30 } },
    },
    3000,
  ),
  by({ name: '' }, { action: 'sign-in.refused', subject: '' }, 4000),
  by(
    { name: 'root' },
    { action: 'moon.landed', details: { list: ['a', 'b'], deep: { x: [1] }, empty: '' } },
    5000,
  ),
  by({ name: 'root' }, { action: 'user.deleted' }, 6000),
  by({ name: 'root' }, { action: 'api-keys.revoked', details: { scope: 'site' } }, 7000),
  by({ name: 'root' }, { action: 'api-keys.revoked', details: { scope: 'user' } }, 8000),
])

t.test('who, what, to whom, from where, and the details in words', async (t) => {
  const { headers } = await site.cookieSession('root', ['user', 'admin'])
  const { cookie } = headers
  const url = '/admin/audit?from=2021-01-02&to=2021-01-02'
  const { statusCode, body } = await site.app.inject({ url, headers: { cookie } })
  t.equal(statusCode, 200)
  const name = 'ada lovelace/1'
  const from = '192.0.2.7'
  const who = 'root user'
  t.strictSame(rowsOf(body).toReversed(), [
    [
      '2 Jan 2021 03:04:05',
      who,
      'revoked an API key api-key.revoked',
      name,
      from,
      `id: ${id} number: 42 expires: 7 Jun 2022 08:09 to: never`,
    ],
    [
      '2 Jan 2021 03:04:06',
      'root as bob user',
      'made a session key session-key.minted',
      name,
      from,
      `id: ${id}`,
    ],
    [
      '2 Jan 2021 03:04:07',
      'root impersonating a group or role user',
      'ended a session session.ended',
      name,
      from,
      'all: yes kept: none',
    ],
    [
      '2 Jan 2021 03:04:08',
      'server system',
      'changed the settings settings.changed',
      'Latchkey',
      'the server',
      'API keys allowed: no → yes API key lifetime days: never → 30',
    ],
    [
      '2 Jan 2021 03:04:09',
      'somebody unknown user',
      'was refused at sign-in sign-in.refused',
      'nobody known',
      from,
      'none',
    ],
    [
      '2 Jan 2021 03:04:10',
      who,
      'moon.landed',
      name,
      from,
      'list: a, b deep: {&quot;x&quot;:[1]} empty: empty',
    ],
    ['2 Jan 2021 03:04:11', who, 'deleted a user user.deleted', name, from, 'none'],
    ['2 Jan 2021 03:04:12', who, 'revoked many API keys api-keys.revoked', name, from, 'scope: site'],
    ['2 Jan 2021 03:04:13', who, 'revoked many API keys api-keys.revoked', name, from, 'scope: user'],
  ])
  t.equal(body.split(`<a href="/admin/keys?id=${id}">`).length - 1, 1, 'the key, and not the session key')
  const linked = rowsOf(body.replaceAll('<a href="/admin/users/ada%20lovelace%2F1">', '→')).map(
    ([, , , subject]) => subject?.startsWith('→'),
  )
  t.strictSame(linked, [true, false, false, true, false, false, true, true, true], 'users who may be there')
})
