// The overview: verifications by day and outcome, and refusals by address, of real uses on two instances and of past days.

import t, { type Test } from 'tap'
import { dayOf, otherAddresses } from '../../store/use-counts.ts'
import { from, startSessionSite, testProxies } from '../support/session-site.ts'
import { basic, type Instance } from '../support/site.ts'
import { attention, captions, numberOf, tableRows } from './admin-overview.ts'
import { payloads } from './browser.ts'

const dayMs = 86_400_000

async function setUp(t: Test) {
  const site = await startSessionSite(t, { trustedProxies: testProxies })
  const { cookie } = (await site.cookieSession('root', ['user', 'admin'])).headers
  const overview = async ({ app }: Pick<Instance, 'app'> = site): Promise<string> => {
    const answer = await app.inject({ url: '/admin', headers: { cookie } })
    if (answer.statusCode !== 200) throw new Error(answer.body)
    return answer.body
  }
  return { site, overview }
}

/** Of all days: accepted, refused. */
function totals(body: string): readonly [number, number] {
  const rows = [...tableRows(body, captions.verifications).values()]
  const sum = (cell: number) => rows.reduce((total, cells) => total + numberOf(cells[cell]), 0)
  return [sum(0), sum(1)]
}

/** Whatever is said of refused ones, over all days. */
function reasons(body: string): readonly string[] {
  const cells = [...tableRows(body, captions.verifications).values()].map(([, , reason = '']) => reason)
  return cells.filter((reason) => reason !== 'none refused').flatMap((reason) => reason.split('; '))
}

t.test('what two instances verify and refuse is added together', async (t) => {
  const { site, overview } = await setUp(t)
  const other = await site.another()
  const [key, ended] = [await site.mint('ada'), await site.mint('ada')]
  const remove = { method: 'DELETE', url: `/v1/admin/api-keys/${ended.id}`, headers: site.first } as const
  t.equal((await site.app.inject(remove)).statusCode, 204)

  const use = async ({ app }: Pick<Instance, 'app'>, headers: object, address: string) =>
    (await app.inject({ url: '/v1/me', headers: { ...headers, ...from(address) } })).statusCode
  const verify = async ({ app }: Pick<Instance, 'app'>, credential: string, address: string) => {
    const headers = { ...site.first, ...from(address) }
    const answer = await app.inject({ method: 'POST', url: '/v1/verify', headers, payload: { credential } })
    return answer.json().active
  }
  for (let used = 0; used < 3; used++) t.equal(await use(site, key.headers, '192.0.2.1'), 200)
  t.equal(await use(other, key.headers, '192.0.2.1'), 200)
  t.equal(await verify(other, key.secret, '192.0.2.1'), true)
  t.equal(await use(site, ended.headers, '192.0.2.7'), 401)
  t.equal(await use(other, ended.headers, '::ffff:192.0.2.7'), 401)
  t.equal(await verify(site, ended.secret, '192.0.2.7'), false)
  t.equal(await use(site, basic('apikey', 'nonsense'), '2001:db8::1'), 401)
  t.equal(await use(other, basic('apikey', `apikey|${key.secret}`), '2001:db8::9:1'), 401)
  t.equal(await verify(other, 'nonsense', '192.0.2.8'), false)
  t.equal(
    await use(other, { cookie: 'latchkey=nonsense' }, '192.0.2.9'),
    401,
    'a cookie that ended is no attack',
  )

  await Promise.all([site.app.useCounts.flush(), other.app.useCounts.flush()])
  for (const instance of [site, other]) {
    const body = await overview(instance)
    t.strictSame(totals(body), [5, 6])
    t.match(body, 'In 30 days 5 accepted, 6 refused. Days are UTC, counted every few seconds.')
    t.strictSame(reasons(body).toSorted(), [
      '1 with an old prefix',
      '2 not a key',
      '3 expired, revoked or unknown',
    ])
    t.equal(attention(body, 'Refused credentials'), '6')
    t.strictSame(
      [...tableRows(body, captions.sources)],
      [
        ['192.0.2.7', ['3']],
        ['2001:db8::/64', ['2']],
        ['192.0.2.8', ['1']],
      ],
    )
    t.match(body, 'href="#refused"')
    t.match(body, 'id="refused"')
  }
})

t.test('thirty days are shown, and seven days of addresses', async (t) => {
  const { site, overview } = await setUp(t)
  const now = Date.now()
  const add = async (daysAgo: number, accepted: number, refused: number, address: string) => {
    const outcomes = new Map([
      ['accepted', accepted],
      ['user_disabled', refused],
    ])
    await site.core.stores.useCounts.add(
      dayOf(now - daysAgo * dayMs),
      outcomes,
      new Map([[address, refused]]),
    )
  }
  await add(0, 1, 2, '192.0.2.1')
  await add(6, 10, 20, '192.0.2.2')
  await add(7, 100, 200, '192.0.2.3')
  await add(29, 1_000, 2_000, '192.0.2.4')
  await add(30, 10_000, 20_000, '192.0.2.5')
  const body = await overview()
  const rows = [...tableRows(body, captions.verifications).values()]
  t.strictSame(
    [rows[0], rows[22], rows[23], rows[29]],
    [
      ['1,000', '2,000', '2,000 of a disabled user'],
      ['100', '200', '200 of a disabled user'],
      ['10', '20', '20 of a disabled user'],
      ['1', '2', '2 of a disabled user'],
    ],
  )
  t.match(body, 'In 30 days 1,111 accepted, 2,222 refused.')
  t.equal(attention(body, 'Refused credentials'), '22')
  t.strictSame(
    [...tableRows(body, captions.sources)],
    [
      ['192.0.2.2', ['20']],
      ['192.0.2.1', ['2']],
    ],
  )
  t.match(body, /<title>[^<]+: 1,000 accepted, 2,000 refused<\/title>/)
})

t.test('ten addresses are named, most refusals first, and the rest is one line', async (t) => {
  const { site, overview } = await setUp(t)
  const addresses = new Map(Array.from({ length: 15 }, (_, index) => [`192.0.2.${index}`, 100 + index]))
  addresses.set(otherAddresses, 5_000).set('unknown', 1)
  const total = [...addresses.values()].reduce((sum, each) => sum + each, 0)
  const today = dayOf(Date.now())
  await site.core.stores.useCounts.add(today, new Map([['credential_invalid', total]]), addresses)
  // Refusals whose addresses were not kept.
  await site.core.stores.useCounts.add(today, new Map([['credential_invalid', 7]]), new Map())
  const body = await overview()
  const rows = [...tableRows(body, captions.sources)]
  t.strictSame(
    rows.slice(0, 10).map(([name]) => name),
    Array.from({ length: 10 }, (_, index) => `192.0.2.${14 - index}`),
  )
  t.strictSame(
    rows.slice(10).map(([name]) => name),
    ['other addresses'],
  )
  t.equal(numberOf(attention(body, 'Refused credentials')), total + 7)
  t.equal(
    rows.reduce((sum, [, [cell]]) => sum + numberOf(cell), 0),
    total + 7,
    'nothing is lost',
  )
})

t.test('text in the counts stays text', async (t) => {
  const { site, overview } = await setUp(t)
  const plain = await overview()
  const counts = new Map(payloads.slice(0, 10).map((payload) => [payload, 3]))
  await site.core.stores.useCounts.add(dayOf(Date.now()), new Map([...counts, ['toString', 1]]), counts)
  const body = await overview()
  t.match(body, '&lt;script&gt;pwned=1&lt;/script&gt;')
  t.match(body, '1 toString')
  const elements = (html: string, name: string) => html.split(`<${name}`).length
  for (const name of ['script', 'img', 'iframe']) t.equal(elements(body, name), elements(plain, name), name)
})
