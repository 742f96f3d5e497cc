// Revoking keys on the pages: the question names how many and whose, only the answer revokes, and what was not meant stays.

import t from 'tap'
import { auditEvents, stateOf } from '../routes/evidence.ts'
import { startSessionSite } from '../support/session-site.ts'
import type { MintedForTest } from '../support/site.ts'
import { until } from '../support/until.ts'
import { hiddenField, sendForm } from './form.ts'

const site = await startSessionSite(t)
const other = await site.another()
const root = await site.cookieSession('root', ['user', 'admin'])
const { cookie } = root.headers
const csrf = root.headers['x-csrf-token']
const get = async (url: string) => await site.app.inject({ url, headers: { cookie } })
const post = async (url: string, fields: Record<string, string>) =>
  await sendForm(site, url, fields, { cookie })
const statusOf = async (key: MintedForTest) =>
  (await other.app.inject({ url: '/v1/me', headers: key.headers })).statusCode

t.test(
  'the selected ones: named one by one, refused on every instance, audited; the others stay',
  async (t) => {
    const [one, two, kept] = [
      await site.mint('ada', 'first'),
      await site.mint('bob', 'second'),
      await site.mint('ada', 'stays'),
    ]
    const gone = '0'.repeat(16)
    const question = await get(`/admin/keys/revoke?user=a&id=${one.id}&id=${two.id}&id=${gone}`)
    t.match(question.body, 'Revoke these 2 API keys?')
    for (const text of [
      'first',
      'second',
      one.id,
      two.id,
      'The others that were selected are not there any more.',
    ])
      t.match(question.body, text)
    t.notMatch(question.body, 'stays')
    t.equal(await statusOf(one), 200)
    const fields = { _csrf: hiddenField(question, '_csrf'), user: 'a', ids: hiddenField(question, 'ids') }
    const answer = await post('/admin/keys/revoke', fields)
    t.equal(answer.statusCode, 303)
    t.equal(answer.headers.location, '/admin/keys?user=a&notice=revoked&count=2')
    t.same([await statusOf(one), await statusOf(two), await statusOf(kept)], [401, 401, 200])
    const events = (await auditEvents(site.server, 'api-key.revoked')).slice(-2)
    t.same(events.map(({ actor, subject }) => [actor.name, subject]).toSorted(), [
      ['root', 'ada'],
      ['root', 'bob'],
    ])
    t.match((await get(String(answer.headers.location))).body, '2 keys are revoked.')
    const again = await post('/admin/keys/revoke', fields)
    t.equal(again.headers.location, '/admin/keys?user=a&notice=revoked&count=0')
    t.match((await get(String(again.headers.location))).body, 'None of these keys was there any more.')
  },
)

t.test('all that match: the users and numbers are named; keys made after the question stay', async (t) => {
  const keys = [await site.mint('carl', 'x'), await site.mint('carl', 'y'), await site.mint('carla', 'z')]
  const kept = await site.mint('dora')
  const question = await get('/admin/keys/revoke?user=carl&all=on&id=0000000000000000')
  t.equal(question.headers.location, '/admin/keys/revoke-matching?user=carl')
  const asked = await get(String(question.headers.location))
  t.match(asked.body, 'Revoke all 3 keys that match?')
  t.match(asked.body, /<bdi>2 keys<\/bdi>[\s\S]*<bdi>1 key<\/bdi>/)
  t.match(asked.body, 'of 2 users')
  const late = await site.mint('carl', 'made after the question')
  const fields = { _csrf: csrf, user: 'carl', at: hiddenField(asked, 'at') }
  const answer = await post('/admin/keys/revoke-matching', fields)
  t.equal(answer.statusCode, 303)
  const url = String(answer.headers.location)
  t.match(url, /^\/admin\/jobs\/\w{8}$/)
  await until('the job has ended', async () => (await get(url)).body.includes('Done:'))
  t.match((await get(url)).body, 'Done: 3 keys revoked.')
  for (const key of keys) t.equal(await statusOf(key), 401)
  t.same([await statusOf(kept), await statusOf(late)], [200, 200])
  const [order] = (await auditEvents(site.server, 'api-keys.revoked')).slice(-1)
  t.match(order, {
    actor: { name: 'root' },
    details: { scope: 'matching', filter: { userBeginning: 'carl' } },
  })
})

t.test('every key of the site, after its name was typed', async (t) => {
  const keys = [await site.mint('ada'), await site.mint('eve')]
  const question = await get('/admin/keys/revoke?all=on')
  t.equal(question.headers.location, '/admin/keys/revoke-all', 'without a filter it is all of the site')
  t.match((await get('/admin/keys/revoke-matching?user=')).headers.location, '/admin/keys/revoke-all')
  const page = await get('/admin/keys/revoke-all')
  t.match(page.body, /Revoke every API key of the site\?[\s\S]*Type the name of the site/)
  const wrong = await post('/admin/keys/revoke-all', { _csrf: csrf, site: 'latchkey' })
  t.equal(wrong.statusCode, 400)
  t.match(wrong.body, 'role="alert"')
  for (const key of keys) t.equal(await statusOf(key), 200, 'the wrong name revokes nothing')
  const answer = await post('/admin/keys/revoke-all', { _csrf: csrf, site: 'Latchkey' })
  t.equal(answer.statusCode, 303)
  for (const key of keys) t.equal(await statusOf(key), 401, 'at once, before the records are removed')
  t.match((await get(String(answer.headers.location))).body, 'Removing revoked API keys')
  await until('the job has ended', async () =>
    (await get(String(answer.headers.location))).body.includes('Done:'),
  )
})

t.test('what is refused changes nothing', async (t) => {
  const key = await site.mint('frank')
  const now = String((await site.core.stores.site.read()).nowMs)
  const hourAgo = String(Number(now) - 3_700_000)
  const before = await stateOf(site.server)
  const cases: readonly [string, Record<string, string>, number, string][] = [
    ['revoke', { ids: key.id }, 403, 'csrf_token_invalid'],
    ['revoke', { _csrf: csrf, ids: 'short' }, 400, 'request_invalid'],
    ['revoke', { _csrf: csrf }, 400, 'request_invalid'],
    ['revoke', { _csrf: csrf, ids: key.id, more: 'x' }, 400, 'request_invalid'],
    ['revoke', { _csrf: csrf, ids: Array(201).fill(key.id).join(',') }, 400, 'request_invalid'],
    ['revoke-matching', { user: 'frank', at: now }, 403, 'csrf_token_invalid'],
    ['revoke-matching', { _csrf: csrf, user: 'frank', at: hourAgo }, 400, 'request_invalid'],
    ['revoke-matching', { _csrf: csrf, user: 'frank', at: '9999999999999' }, 400, 'request_invalid'],
    ['revoke-matching', { _csrf: csrf, at: now }, 400, 'request_invalid'],
    ['revoke-matching', { _csrf: csrf, expires: 'soon', at: now }, 400, 'request_invalid'],
    ['revoke-matching', { _csrf: csrf, user: 'nobody', exact: 'on', at: now }, 404, 'user_not_found'],
    ['revoke-all', { site: 'Latchkey' }, 403, 'csrf_token_invalid'],
  ]
  for (const [action, fields, status, code] of cases) {
    const answer = await post(`/admin/keys/${action}`, fields)
    t.equal(answer.statusCode, status, `${action} ${JSON.stringify(fields)}`)
    t.match(answer.body, `<code>${code}</code>`)
  }
  for (const [url, status] of [
    ['/admin/keys/revoke', 400],
    ['/admin/keys/revoke?id=0000000000000000', 400],
    ['/admin/keys/revoke?id=short', 400],
    ['/admin/keys/revoke-matching?user=nobody', 400],
    ['/admin/jobs/00000000', 404],
    ['/admin/jobs/no', 400],
  ] as const) {
    t.equal((await get(url)).statusCode, status, url)
  }
  t.same(await stateOf(site.server), before)
  t.equal(await statusOf(key), 200)
})
