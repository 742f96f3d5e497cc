import t from 'tap'
import { auditEvent, plant } from '../support/audit-events.ts'
import { startSessionSite } from '../support/session-site.ts'
import { rowsOf } from './rows.ts'

const site = await startSessionSite(t)
const path = '/admin/audit'

const day = 86_400_000

// Before there is any user: Redis takes only newer events into a stream, and users' streams are drawn by lot.
/** Three events on each of three days of June 2020: at its first millisecond, at noon and at its last one. */
for (const [index, subject] of ['14th', '15th', '16th'].entries()) {
  const midnight = Date.UTC(2020, 5, 14 + index)
  await plant(
    site.server,
    [0, day / 2, day - 1].map((ms, sequence) => ({
      ms: midnight + ms,
      sequence,
      stream: 5,
      event: auditEvent({ actor: { kind: 'service', name: 'days', id: 'days' }, subject }),
    })),
  )
}

const root = await site.cookieSession('root', ['user', 'admin'])
const { cookie } = root.headers

async function open(query: Record<string, string> = {}, headers: Record<string, string> = { cookie }) {
  const { statusCode, body } = await site.app.inject({
    url: `${path}?${new URLSearchParams(query)}`,
    headers,
  })
  return { statusCode, body }
}

const subjectsOf = (body: string): (string | undefined)[] => rowsOf(body).map(([, , , subject]) => subject)

t.test('both days of a range belong to it, from their first to their last millisecond', async (t) => {
  for (const [query, expected] of [
    [{}, ['16th', '16th', '16th', '15th', '15th', '15th', '14th', '14th', '14th']],
    [{ from: '2020-06-15', to: '2020-06-15' }, ['15th', '15th', '15th']],
    [{ from: '2020-06-16' }, ['16th', '16th', '16th']],
    [{ to: '2020-06-14' }, ['14th', '14th', '14th']],
    [{ from: '1000-01-01', to: '1969-12-31' }, []],
  ] as const) {
    const { statusCode, body } = await open({ actor: 'days', ...query })
    t.equal(statusCode, 200)
    t.strictSame(subjectsOf(body), expected, JSON.stringify(query))
  }
})

t.test('every filter alone, empty fields as none, and an action or a noun of the list', async (t) => {
  await site.mint('Filtered')
  for (const [query, expected] of [
    [{ subject: 'Filtered', action: 'api-key' }, ['api-key.minted']],
    [{ subject: 'Filtered', action: 'user.created', actor: '', from: '', to: '' }, ['user.created']],
    [{ subject: 'Filtered', actor: 'first' }, ['api-key.minted', 'user.created']],
    [{ subject: 'filtered' }, []],
    [{ actor: 'nobody' }, []],
  ] as const) {
    const { statusCode, body } = await open(query)
    t.equal(statusCode, 200)
    t.strictSame(
      rowsOf(body).map(([, , what = '']) => what.split(' ').at(-1)),
      expected,
      JSON.stringify(query),
    )
    if (expected.length === 0) t.match(body, 'Nothing in the audit log matches.')
  }
  const { body } = await open({ action: 'session-key' })
  t.match(body, '<option value="session-key" selected>Session keys: all</option>')
})

t.test('what makes no sense is said at the form, which keeps what was typed', async (t) => {
  const valid = {
    actor: 'ada "the first"',
    subject: 'b',
    action: 'user.created',
    from: '2026-01-01',
    to: '2026-01-02',
  }
  for (const [change, words] of [
    [{ from: '2026-02-30' }, '“2026-02-30” is not a day of the calendar'],
    [{ to: 'tomorrow' }, 'To: “tomorrow” is not a day'],
    [{ to: '275760-09-13' }, 'is not a day'],
    [{ from: '2026-01-01T00:00:00Z' }, 'is not a day'],
    [{ from: '2026-01-03' }, 'The first day, 2026-01-03, is later than the last one, 2026-01-02.'],
    [{ actor: 'x'.repeat(129) }, 'Done by: a name has at most 128'],
    [{ subject: 'x'.repeat(129) }, 'Done to: a name has at most 128'],
    [{ action: 'api-key.eaten' }, 'There is no such action'],
    [{ action: 'api' }, 'There is no such action'],
    [{ cursor: 'not-a-cursor' }, 'Begin with the newest ones'],
  ] as const) {
    const typed: Record<string, string> = { ...valid, ...change }
    const { statusCode, body } = await open(typed)
    t.equal(statusCode, 400, JSON.stringify(change))
    t.match(/role="alert">([^<]*)</.exec(body)?.[1], words)
    for (const name of ['actor', 'subject', 'from', 'to'])
      t.match(body, `value="${typed[name]?.replaceAll('"', '&quot;')}"`)
    t.equal(body.includes('<option value="user.created" selected>'), typed.action === 'user.created')
    t.notMatch(body, 'Nothing', 'nothing was looked for')
    t.notMatch(body, 'format=csv')
  }
  const tooLong = await open({ actor: 'x'.repeat(1025) })
  t.equal(tooLong.statusCode, 400)
  t.match(tooLong.body, '<code>request_invalid</code>')
})

t.test('who is no administrator, or not signed in, sees nothing of it', async (t) => {
  const ada = await site.cookieSession('ada')
  const refused = await open({}, { cookie: ada.headers.cookie ?? '' })
  t.equal(refused.statusCode, 403)
  t.match(refused.body, '<code>role_missing</code>')
  t.notMatch(refused.body, 'session.opened')
  const visitor = await open({}, {})
  t.equal(visitor.statusCode, 303)
  t.equal((await open({}, (await site.mint('root')).headers)).statusCode, 403, 'nor by a key')
})
