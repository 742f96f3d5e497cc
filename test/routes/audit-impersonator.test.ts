import t from 'tap'
import { askAudit, readPage } from '../support/audit-requests.ts'
import { parseCsv } from '../support/csv.ts'
import { startSessionSite } from '../support/session-site.ts'

const site = await startSessionSite(t)

/** root acts as bob, and makes a session key. @returns its id */
async function actAsBob(): Promise<string> {
  await site.mint('bob')
  const root = await site.cookieSession('root', ['user', 'admin'])
  const send = async (url: string, headers: Record<string, string>, payload: object) =>
    await site.app.inject({ method: 'POST', url, headers, payload })
  const started = await send('/v1/session/impersonation', root.headers, { kind: 'user', name: 'bob' })
  const cookie = `latchkey=${started.cookies[0]?.value}`
  const { csrfToken } = (await site.app.inject({ url: '/v1/session', headers: { cookie } })).json()
  const minted = await send('/v1/session-keys', { cookie, 'x-csrf-token': csrfToken }, {})
  if (minted.statusCode !== 201) throw new Error(minted.body)
  return minted.json().id
}

const id = await actAsBob()

t.test('threat 20: the audit log names the impersonator, as JSON, as CSV and as it grows', async (t) => {
  const { items } = await readPage(site, { action: 'session-key' })
  t.equal(items.length, 1)
  t.match(items[0], {
    subject: 'root',
    actor: { kind: 'user', name: 'bob', impersonator: 'root' },
    details: { id },
  })

  const csv = await askAudit(site, { action: 'session-key', format: 'csv' })
  const [header = [], row = []] = parseCsv(csv.body)
  t.equal(header.at(-1), 'impersonator')
  t.strictSame([row[header.indexOf('actor')], row.at(-1)], ['bob', 'root'])
})

t.test('where nobody is impersonated there is no impersonator', async (t) => {
  const { items } = await readPage(site, { action: 'impersonation.started' })
  t.equal(items.length, 1)
  t.notOk('impersonator' in (items[0]?.actor ?? {}), 'the administrator did that as themselves')
  const csv = await askAudit(site, { action: 'impersonation.started', format: 'csv' })
  const [, row = []] = parseCsv(csv.body)
  t.strictSame([row[2], row.at(-1)], ['root', ''])
})

t.test('the filter by actor finds what somebody did under either name', async (t) => {
  for (const [actor, expected] of [
    ['root', ['session-key.minted', 'impersonation.started']],
    ['bob', ['session-key.minted']],
    ['ROOT', []],
  ] as const) {
    const { items } = await readPage(site, { actor })
    t.strictSame(
      items.map(({ action }) => action),
      expected,
      actor,
    )
  }
})

t.test('OpenAPI declares it, and does not require it', async (t) => {
  const { components } = (await site.app.inject({ url: '/docs/json' })).json()
  const { actor } = components.schemas.AuditEvent.properties
  t.equal(actor.properties.impersonator.type, 'string')
  t.strictSame(actor.required, ['kind', 'name', 'id'])
})
