import t from 'tap'
import type { AuditEvent } from '../../schemas/audit.ts'
import { askAudit, readPage } from '../support/audit-requests.ts'
import { basic, startSite } from '../support/site.ts'

const brief = ({ action, actor, subject }: AuditEvent): string => `${actor.name}: ${action} ${subject}`

t.test(
  'an administrator sees who did what to whom, when and from where, and no secret (threat 7)',
  async (t) => {
    const site = await startSite(t)
    const before = Date.now()
    const key = await site.mint('ada@example.org', 'nightly')
    const answer = await askAudit(site)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['cache-control'], 'no-store')
    const { items, nextCursor } = answer.json()
    t.equal(nextCursor, null)
    t.strictSame(items[0], {
      id: items[0].id,
      at: items[0].at,
      action: 'api-key.minted',
      actor: { kind: 'service', name: 'first', id: 'first' },
      subject: 'ada@example.org',
      address: '127.0.0.1',
      details: { id: key.id, number: key.number, expiresAtMs: null },
    })
    t.match(items[0].id, new RegExp(`^\\d+-\\d+-${key.id.charAt(0)}$`))
    t.match(items[0].at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    t.ok(Math.abs(Date.parse(items[0].at) - before) < 3_600_000, 'the time is about now')
    t.equal(items.at(-1).action, 'site.created')
    t.match(items.at(-1), { id: /-site$/, actor: { kind: 'system', name: 'server', id: '' }, address: '' })
    t.notMatch(answer.body, key.secret)
    const record = await site.core.stores.apiKeys.read(key.id.slice(0, 8), key.id.slice(8))
    t.notMatch(answer.body, record?.record.d ?? 'the record is missing')
  },
)

t.test('every filter, alone and together', async (t) => {
  const site = await startSite(t)
  const service = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/services',
    headers: site.first,
    payload: { name: 'gateway', permissions: ['mint', 'revoke'] },
  })
  const gateway = basic('gateway', service.json().secret)
  const ada = await site.mint('ada@example.org')
  await site.mint('Bob@example.org')
  const revoked = await site.app.inject({
    method: 'DELETE',
    url: `/v1/admin/api-keys/${ada.id}`,
    headers: gateway,
  })
  t.equal(revoked.statusCode, 204)
  const sees = async (query: Record<string, string>, expected: readonly string[]): Promise<void> => {
    const { items, nextCursor } = await readPage(site, query)
    t.same(items.map(brief), expected, JSON.stringify(query))
    t.equal(nextCursor, null)
  }
  const adasKey = ['gateway: api-key.revoked ada@example.org', 'first: api-key.minted ada@example.org']
  await sees({ actor: 'gateway' }, adasKey.slice(0, 1))
  await sees({ actor: 'Gateway' }, [])
  await sees({ subject: 'ada@example.org' }, [...adasKey, 'first: user.created ada@example.org'])
  await sees({ subject: 'Bob@example.org', action: 'user' }, ['first: user.created Bob@example.org'])
  await sees({ subject: 'bob@example.org' }, [])
  await sees({ action: 'api-key.minted', subject: 'ada@example.org' }, adasKey.slice(1))
  await sees({ action: 'api-key', subject: 'ada@example.org' }, adasKey)
  await sees({ action: 'api' }, [])
  await sees({ action: 'api-key.mint' }, [])
  await sees({ action: 'service' }, ['first: service.added gateway'])
  await sees({ action: 'api-key', actor: 'first', subject: 'ada@example.org' }, adasKey.slice(1))

  const { items } = await readPage(site, { order: 'asc' })
  const times = items.map(({ at }) => at)
  const [at = ''] = times.slice(-1)
  const local = new Date(Date.parse(at) + 2 * 3_600_000).toISOString().replace('Z', '+02:00')
  await sees(
    { from: at },
    items
      .filter((item) => item.at >= at)
      .map(brief)
      .reverse(),
  )
  await sees(
    { from: local },
    items
      .filter((item) => item.at >= at)
      .map(brief)
      .reverse(),
  )
  await sees(
    { to: at },
    items
      .filter((item) => item.at < at)
      .map(brief)
      .reverse(),
  )
  await sees({ from: at, to: at }, [])
  await sees({ from: '1969-12-31T23:59:59.5Z', to: '1970-01-01T00:00:00Z' }, [])
})

t.test('a question that makes no sense is refused, never answered with something else', async (t) => {
  const site = await startSite(t)
  const csv = { accept: 'text/csv' }
  const ndjson = { accept: 'application/x-ndjson' }
  const bad: readonly (readonly [string, Record<string, string>?])[] = [
    ['acton=api-key'],
    ['actor='],
    ['subject='],
    [`subject=${'x'.repeat(129)}`],
    ['actor=a&actor=b'],
    ['action='],
    ['action=api-key.'],
    ['action=api-key.*'],
    ['action=API-KEY'],
    [`action=${'a-'.repeat(50_000)}`],
    ['from=yesterday'],
    ['from=2026-11-23'],
    ['from=2026-11-23T10:00:00'],
    ['from=2026-11-23T10:00:00+02:00'],
    ['from=2026-02-30T10:00:00Z'],
    ['from=2026-11-23T25:00:00Z'],
    ['from=2026-12-31T23:59:60Z'],
    ['to=1795471200000'],
    ['from=2026-11-23T10:00:00Z&to=2026-11-22T10:00:00Z'],
    ['order=newest'],
    ['limit=0'],
    ['limit=501'],
    ['limit=1.5'],
    ['limit='],
    ['cursor='],
    [`cursor=${'A'.repeat(257)}`],
    ['follow=maybe'],
    ['limit=5', csv],
    ['cursor=AAAA', csv],
    ['follow=true&limit=5', ndjson],
    ['follow=true&cursor=AAAA', ndjson],
    ['follow=true&order=asc', ndjson],
    ['follow=true&to=2026-11-22T10:00:00Z', ndjson],
    ['follow=true', { accept: 'application/json' }],
    ['follow=true', { accept: 'application/x-ndjson;q=0' }],
  ]
  for (const [query, headers = {}] of bad) {
    const url = `/v1/admin/audit?${query}`
    const answer = await site.app.inject({ url, headers: { ...site.first, ...headers } })
    t.match([answer.statusCode, answer.json().code], [400, 'request_invalid'], query.slice(0, 60))
  }
})

t.test('only administrators and services with the permission read the audit log', async (t) => {
  const site = await startSite(t)
  const mintAdmin = await site.mint('root@example.org')
  const key = await site.mint()
  const patched = await site.app.inject({
    method: 'PATCH',
    url: '/v1/admin/users/root%40example.org',
    headers: site.first,
    payload: { roles: ['user', 'admin'] },
  })
  t.equal(patched.statusCode, 200)
  const service = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/services',
    headers: site.first,
    payload: { name: 'gateway', permissions: ['verify', 'sessions', 'mint', 'revoke'] },
  })
  const gateway = basic('gateway', service.json().secret)
  for (const accept of ['application/json', 'text/csv', 'application/x-ndjson']) {
    const ask = async (headers: object) =>
      await site.app.inject({
        url: accept === 'application/x-ndjson' ? '/v1/admin/audit?follow=true' : '/v1/admin/audit',
        headers: { ...headers, accept },
      })
    const refusals = [
      [{}, 401, 'credential_missing'],
      [basic('first', `${site.first.authorization}`), 401, 'credential_malformed'],
      [key.headers, 403, 'role_missing'],
      [gateway, 403, 'permission_missing'],
    ] as const
    for (const [headers, status, code] of refusals) {
      const answer = await ask(headers)
      t.match([answer.statusCode, answer.json().code], [status, code], accept)
    }
  }
  for (const headers of [mintAdmin.headers, site.first]) {
    t.equal((await site.app.inject({ url: '/v1/admin/audit', headers })).statusCode, 200)
    const csv = { ...headers, accept: 'text/csv' }
    t.equal((await site.app.inject({ url: '/v1/admin/audit', headers: csv })).statusCode, 200)
  }
})
