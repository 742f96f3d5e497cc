// The site's policy: who reads it, who changes it, which values it takes. Changes at the same time: settings-at-once.

import t from 'tap'
import { startSite } from '../support/site.ts'
import {
  administratorsKey,
  assertProblem,
  auditEvents,
  send,
  sendText,
  serviceWith,
  stateOf,
} from './evidence.ts'

const site = await startSite(t)
const read = async () => (await send(site, 'GET /v1/settings', site.first)).json()

t.test('every caller with a credential reads the same settings', async (t) => {
  const callers = [
    site.first,
    await serviceWith(site, 'reader', ['verify']),
    (await site.mint()).headers,
    (await administratorsKey(site)).headers,
  ]
  for (const caller of callers) {
    const answer = await send(site, 'GET /v1/settings', caller)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['cache-control'], 'no-store')
    t.match(answer.headers.etag, /^"[\w-]{22}"$/)
    t.same(answer.json(), {
      siteName: 'Latchkey',
      apiKeysAllowed: true,
      apiKeyLifetimeDays: null,
      sessionKeysAllowed: false,
      sessionIdleMinutes: 30,
      sessionAbsoluteHours: 12,
      apiKeysPerUser: 100,
      sessionKeysPerSession: 20,
    })
  }
  assertProblem(t, await send(site, 'GET /v1/settings'), 'credential_missing')
})

t.test('only a service with the permission admin changes the settings', async (t) => {
  const refused = [
    [(await site.mint()).headers, 'credential_not_accepted'],
    [(await administratorsKey(site)).headers, 'credential_not_accepted'],
    [
      await serviceWith(site, 'everything-else', ['verify', 'sessions', 'mint', 'revoke']),
      'permission_missing',
    ],
    [{}, 'credential_missing'],
  ] as const
  const allowed = await serviceWith(site, 'administrator', ['admin'])
  const before = await stateOf(site.server)
  for (const [caller, code] of refused) {
    const answer = await send(site, 'PUT /v1/settings', caller, { apiKeysPerUser: 7 })
    assertProblem(t, answer, code)
  }
  t.same(await stateOf(site.server), before, 'nothing changed')

  const answer = await send(site, 'PUT /v1/settings', allowed, { apiKeysPerUser: 7 })
  t.equal(answer.statusCode, 200)
  t.equal(answer.json().apiKeysPerUser, 7)
})

const validValues = {
  siteName: ['Keys of the lab', 'x', 'ü'.repeat(64), "O'Neil's <site>", 'Latchkey'],
  apiKeysAllowed: [false, true],
  apiKeyLifetimeDays: [7, 30, 90, 180, 365, null],
  sessionKeysAllowed: [true, false],
  sessionIdleMinutes: [1, 10_080],
  sessionAbsoluteHours: [1, 720],
  apiKeysPerUser: [1, 1000],
  sessionKeysPerSession: [1, 100],
}

t.test('every valid value is taken, shown at once, and leaves the other settings as they were', async (t) => {
  for (const [name, values] of Object.entries(validValues)) {
    for (const value of values) {
      const expected = { ...(await read()), [name]: value }
      const answer = await send(site, 'PUT /v1/settings', site.first, { [name]: value })
      t.equal(answer.statusCode, 200, `${name} ${value}`)
      t.same(answer.json(), expected)
      t.same(await read(), expected)
    }
  }
})

const notWhole = [0, -1, 1.5, '5', null, true, [5], {}]
const invalidValues = {
  siteName: ['', 'x'.repeat(65), 'a"b', 'a\\b', 'a\nb', 'a\u0000b', 'a\u007fb', 7, null, ['a']],
  apiKeysAllowed: ['true', 1, 0, null, []],
  apiKeyLifetimeDays: [0, 1, 8, -7, 7.5, '7', 'never', true, [7], 366],
  sessionKeysAllowed: ['false', 0, null],
  sessionIdleMinutes: [...notWhole, 10_081],
  sessionAbsoluteHours: [...notWhole, 721],
  apiKeysPerUser: [...notWhole, 1001],
  sessionKeysPerSession: [...notWhole, 101],
}

t.test('every invalid value is refused and changes nothing, not even what stands beside it', async (t) => {
  const before = await stateOf(site.server)
  const other = { sessionKeysAllowed: !(await read()).sessionKeysAllowed }
  for (const [name, values] of Object.entries(invalidValues)) {
    for (const value of values) {
      const answer = await send(site, 'PUT /v1/settings', site.first, { ...other, [name]: value })
      assertProblem(t, answer, 'request_invalid', `${name} ${JSON.stringify(value)}`)
    }
  }
  t.same(await stateOf(site.server), before)
})

t.test('unknown settings, an empty change and what is no object are refused', async (t) => {
  const before = await stateOf(site.server)
  const known = '"sessionIdleMinutes": 60'
  const bodies = [
    [`{${known}, "apikeysallowed": true}`, 'request_invalid'],
    [`{${known}, "generation": "AAAAAAAA"}`, 'request_invalid'],
    [`{${known}, "toString": 1}`, 'request_invalid'],
    [`{${known}, "__proto__": {"apiKeysAllowed": false}}`, 'body_malformed'],
    [`{${known}, "constructor": {"prototype": {}}}`, 'body_malformed'],
    ['{}', 'request_invalid'],
    ['[]', 'request_invalid'],
    ['null', 'request_invalid'],
    ['"apiKeysAllowed"', 'request_invalid'],
  ] as const
  for (const [body, code] of bodies) {
    assertProblem(t, await sendText(site, 'PUT /v1/settings', site.first, body), code, body)
  }
  assertProblem(t, await send(site, 'PUT /v1/settings', site.first), 'request_invalid', 'no body')
  t.same(await stateOf(site.server), before)
})

t.test(
  'a change is in the audit log once, with from and to; saving what is there already is no change',
  async (t) => {
    await send(site, 'PUT /v1/settings', site.first, { apiKeyLifetimeDays: null, apiKeysPerUser: 50 })
    const earlier = await auditEvents(site.server, 'settings.changed')
    const change = { apiKeyLifetimeDays: 90, apiKeysPerUser: 50, siteName: 'Keys' }
    const changed = await send(site, 'PUT /v1/settings', site.first, change)
    t.equal(changed.statusCode, 200)
    const events = (await auditEvents(site.server, 'settings.changed')).slice(earlier.length)
    t.same(events, [
      {
        actor: { kind: 'service', name: 'first', id: 'first' },
        address: '127.0.0.1',
        action: 'settings.changed',
        subject: 'Keys',
        details: { apiKeyLifetimeDays: { from: null, to: 90 }, siteName: { from: 'Latchkey', to: 'Keys' } },
      },
    ])

    const before = await stateOf(site.server)
    const again = await send(site, 'PUT /v1/settings', site.first, change)
    t.equal(again.statusCode, 200)
    t.same(again.json(), changed.json())
    t.equal(again.headers.etag, changed.headers.etag)
    t.same(await stateOf(site.server), before)
  },
)
