// The list of all API keys: what its filters, sorts and pages show, and what it refuses.

import t from 'tap'
import { names } from '../../store/names.ts'
import { seedApiKeys } from '../support/seed.ts'
import { startSessionSite } from '../support/session-site.ts'
import { rowsOf } from './rows.ts'

const path = '/admin/keys'

t.test('on a site without keys the page says where they come from', async (t) => {
  const site = await startSessionSite(t)
  const root = await site.cookieSession('root', ['user', 'admin'])
  const { body } = await site.app.inject({ url: path, headers: root.headers })
  t.match(body, 'There are no API keys yet.')
  t.match(body, 'External tool access')
  await site.app.inject({
    method: 'PUT',
    url: '/v1/settings',
    headers: site.first,
    payload: { apiKeysAllowed: false },
  })
  t.match(
    (await site.app.inject({ url: path, headers: root.headers })).body,
    'once the <a href="/admin/settings">settings</a>',
  )
})

t.test('with keys', async (t) => {
  const site = await startSessionSite(t)
  const root = await site.cookieSession('root', ['user', 'admin'])
  const headers = { cookie: root.headers.cookie }
  const lifetime = async (days: number | null) => {
    const payload = { apiKeyLifetimeDays: days }
    await site.app.inject({ method: 'PUT', url: '/v1/settings', headers: site.first, payload })
  }
  const forever = await site.mint('ada', 'for ever')
  await lifetime(7)
  const week = await site.mint('adam', 'a week')
  await lifetime(30)
  const month = await site.mint('bob', 'a month')
  await lifetime(365)
  const year = await site.mint('مريم', 'a year')
  await site.app.inject({ url: '/v1/me', headers: week.headers })
  await site.lastUsed.flush()
  // As if it had been made, and never used, a hundred days ago.
  const longAgo = Date.now() - 100 * 86_400_000 - 1e13
  await site.server.command('ZADD', names.lastUsed(forever.id.charAt(0)), longAgo, forever.id)

  const listed = async (query: string) => {
    const answer = await site.app.inject({ url: `${path}?${query}`, headers })
    t.equal(answer.statusCode, 200, query)
    return rowsOf(answer.body).map((cells) => String(cells[2]).replace(/ \w{16}$/, ''))
  }

  await t.test('every filter and sort shows the keys it should, in its order', async (t) => {
    t.same(await listed(''), ['a year', 'a month', 'a week', 'for ever'], 'newest first')
    t.same(await listed('user=AD'), ['for ever', 'a week'], 'by the beginning of the name, in any case')
    t.same(await listed('user=ad&exact=on'), [])
    t.same(await listed('user=ADA&exact=on'), ['for ever'])
    t.same(await listed(`user=${encodeURIComponent('مر')}`), ['a year'])
    t.same(await listed('expires=never'), ['for ever'])
    t.same(await listed('expires=week'), ['a week'])
    t.same(await listed('expires=month'), ['a week', 'a month'], 'the soonest first')
    t.same(await listed('expires=ever'), ['a week', 'a month', 'a year'])
    t.same((await listed('unused=ever')).toSorted(), ['a month', 'a year', 'for ever'])
    t.same(await listed('unused=30'), [], 'the record itself says when it was made')
    t.same(await listed('sort=expiresAt&order=desc'), ['for ever', 'a year', 'a month', 'a week'])
    t.equal((await listed('sort=lastUsedAt&order=desc'))[0], 'a week')
    t.same(await listed('sort=user&order=desc'), ['a year', 'a month', 'a week', 'for ever'])
    t.same(await listed('user=ad&sort=createdAt&order=desc'), ['a week', 'for ever'])
    t.same(await listed(`id=${month.id}`), ['a month'])
    t.same(await listed(`id=${'0'.repeat(16)}`), [])
    const today = new Date().toISOString().slice(0, 10)
    t.equal((await listed(`from=${today}&to=${today}`)).length, 4, 'both days belong to it')
    t.same(await listed('to=2020-01-01'), [])
    t.same(await listed('sort=nonsense&order=up'), await listed(''), 'an unknown sort is no sort')
    t.same(await listed('user=&exact=&expires=&unused=&from=&to=&id='), await listed(''), 'an empty form')
  })

  await t.test('what is wrong is said at the form, and nothing typed is lost', async (t) => {
    for (const [query, detail] of [
      ['from=2026-02-30', 'not a day of the calendar'],
      ['from=2026-02-02&to=2026-02-01', 'is later than the last one'],
      ['expires=tomorrow', 'Expires: choose one of the list'],
      ['unused=7', 'Not used: choose one of the list'],
      ['id=lka_not-an-id', 'A public id has 16 letters and digits'],
      [`user=${'w'.repeat(129)}`, '128 characters'],
      ['cursor=abc', 'cut off or from elsewhere'],
    ] as const) {
      const answer = await site.app.inject({
        url: `${path}?${query}${query.startsWith('user') ? '' : '&user=kept'}`,
        headers,
      })
      t.equal(answer.statusCode, 400, query)
      t.match(answer.body, detail)
      t.match(answer.body, 'Nothing is shown.')
      if (!query.startsWith('user')) t.match(answer.body, 'value="kept"')
    }
    t.equal((await site.app.inject({ url: `${path}?user=${'w'.repeat(2_000)}`, headers })).statusCode, 400)
  })

  await t.test('the address for CSV asks for the same keys', async (t) => {
    for (const query of [
      '',
      'user=ad',
      'user=ADA&exact=on',
      'expires=never',
      'expires=month',
      'expires=ever',
      'unused=ever',
      'unused=30',
      'from=2020-01-01&to=2030-01-01&sort=expiresAt&order=desc',
    ]) {
      const { body } = await site.app.inject({ url: `${path}?${query}`, headers })
      const href = /href="(\/v1\/admin\/api-keys\?[^"]*)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
      const onPage = rowsOf(body).map((cells) => String(cells[2]).replace(/ \w{16}$/, ''))
      if (href === undefined) {
        t.same(onPage, [], `${query}: nothing to download`)
        continue
      }
      const csv = await site.app.inject({ url: href, headers })
      t.equal(csv.statusCode, 200, csv.body)
      t.match(csv.headers['content-type'], /^text\/csv/)
      const lines = csv.body.trimEnd().split('\r\n').slice(1)
      t.same(
        lines.map((line) => line.split(',')[3]),
        onPage.map((name) => `"${name}"`),
        query,
      )
    }
  })

  await t.test('only administrators see it', async (t) => {
    const user = await site.cookieSession('eve')
    for (const url of [
      path,
      `${path}/revoke?id=${year.id}`,
      `${path}/revoke-matching?user=a`,
      `${path}/revoke-all`,
      '/admin/jobs/abcdefgh',
    ]) {
      const answer = await site.app.inject({ url, headers: { cookie: user.headers.cookie } })
      t.equal(answer.statusCode, 403, url)
      t.match(answer.body, '<code>role_missing</code>')
      t.notMatch(answer.body, year.id)
      t.equal((await site.app.inject({ url })).statusCode, 303, 'who is not signed in is led to the sign-in')
      t.equal((await site.app.inject({ url, headers: year.headers })).statusCode, 403, 'keys see no pages')
    }
  })
})

t.test('pages meet every key once, and say how many there are', async (t) => {
  const site = await startSessionSite(t)
  const { cookie } = (await site.cookieSession('root', ['user', 'admin'])).headers
  await seedApiKeys(site.core, site.server.socketPath, { count: 130 })
  for (const sort of ['createdAt', 'user', 'lastUsedAt']) {
    const seen: string[] = []
    const lengths: number[] = []
    for (let url: string | undefined = `${path}?sort=${sort}`; url !== undefined; ) {
      const { body }: { body: string } = await site.app.inject({ url, headers: { cookie } })
      const ids = [...body.matchAll(/name="id" value="(\w{16})"/g)].map(([, id]) => String(id))
      seen.push(...ids)
      lengths.push(ids.length)
      t.match(body, `${ids.length} of 130 keys`)
      t.match(body, 'Select all 130')
      url = /href="([^"]+)" rel="next"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
    }
    t.same(lengths, [50, 50, 30], sort)
    t.equal(new Set(seen).size, 130)
  }
})
