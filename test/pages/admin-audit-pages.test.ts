import t, { type Test } from 'tap'
import { auditEvent, plant, plantCrowd } from '../support/audit-events.ts'
import { parseCsv } from '../support/csv.ts'
import { type SessionSite, startSessionSite } from '../support/session-site.ts'

/** @param plantOld before there is any user: Redis takes only newer events into a stream, and users' are drawn by lot */
async function siteWithAdministrator(
  t: Test,
  plantOld: (site: SessionSite) => Promise<void> = async () => {},
) {
  const site = await startSessionSite(t)
  await plantOld(site)
  const { headers } = await site.cookieSession('root', ['user', 'admin'])
  return { site, headers: { cookie: headers.cookie ?? '' } }
}

type Headers = Readonly<Record<string, string>>

async function open(site: SessionSite, headers: Headers, url: string): Promise<string> {
  const answer = await site.app.inject({ url, headers })
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${url}`)
  return answer.body
}

/** Where a link leads, by its text. */
function linkOf(body: string, text: string): string | null {
  const href = new RegExp(`<a href="([^"]+)"[^>]*>${text}</a>`).exec(body)?.[1]
  return href?.replaceAll('&amp;', '&') ?? null
}

const timesOf = (body: string): readonly string[] =>
  [...body.matchAll(/data-label="When"><time datetime="([^"]+)"/g)].map(([, time = '']) => time)

t.test(
  'fifty events a page, the newest first, none twice and none left out, with the filter kept',
  async (t) => {
    const event = auditEvent({ actor: { kind: 'service', name: 'a&b "c"', id: 'x' } })
    const firstMs = Date.UTC(2020, 0, 1)
    const { site, headers } = await siteWithAdministrator(t, async ({ server }) => {
      await plantCrowd(server, { count: 120, firstMs, event, streams: [0, 7, 40] })
    })
    const seen: string[] = []
    let url: string | null = `/admin/audit?${new URLSearchParams({ actor: 'a&b "c"', to: '2020-01-01' })}`
    const sizes: number[] = []
    while (url !== null) {
      const body: string = await open(site, headers, url)
      sizes.push(timesOf(body).length)
      seen.push(...timesOf(body))
      t.match(body, 'value="a&amp;b &quot;c&quot;"')
      t.match(body, 'value="2020-01-01"')
      t.equal(linkOf(body, 'First page') === null, sizes.length === 1)
      url = linkOf(body, 'Next page')
    }
    t.strictSame(sizes, [50, 50, 20])
    const expected = Array.from({ length: 120 }, (_, index) => new Date(firstMs + 119 - index).toISOString())
    t.strictSame(seen, expected)
  },
)

t.test('a filter that matches little: what was searched is said, and the way on', async (t) => {
  const { site, headers } = await siteWithAdministrator(t)
  // Behind the site's own events, because Redis takes only newer ones into a stream.
  await plantCrowd(site.server, { count: 10_100 })
  await plant(site.server, [
    {
      ms: Date.now() + 1_000,
      sequence: 0,
      stream: 3,
      event: auditEvent({ subject: 'rare', action: 'user.created' }),
    },
  ])
  const found = await open(site, headers, '/admin/audit?subject=rare')
  t.equal(timesOf(found).length, 1)
  t.match(found, 'The last 5,000 events were searched; there are older ones.')
  const further = await open(site, headers, linkOf(found, 'Look further back') ?? '')
  t.equal(timesOf(further).length, 0)
  t.match(further, 'Nothing among 5,000 more events.')
  t.equal(linkOf(further, 'First page'), '/admin/audit?subject=rare')
  const last = await open(site, headers, linkOf(further, 'Look further back') ?? '')
  t.match(last, 'Nothing older matches. This is the end of the log.')
  t.equal(linkOf(last, 'Look further back'), null)

  const nothing = await open(site, headers, '/admin/audit?subject=nobody')
  t.match(nothing, 'Nothing among the last 5,000 events.')
  t.ok(linkOf(nothing, 'Look further back'))
})

t.test(
  'threat 6: the link gives what the API gives for the same filter, harmless in a spreadsheet',
  async (t) => {
    const corpus = [
      '=1+1',
      '@x',
      '+x',
      '-x',
      '\t=1',
      '\r=1',
      '\n=1',
      '=cmd|"/c calc"!A1',
      '\uff1d1',
      'a"b,c',
      'plain',
    ]
    const midnight = Date.UTC(2020, 5, 15)
    const { site, headers } = await siteWithAdministrator(t, async ({ server }) => {
      for (const [index, text] of corpus.entries()) {
        const actor = { kind: 'user', name: text, id: text, impersonator: text }
        const event = auditEvent({ actor, subject: text, details: { [text]: text } })
        const times = [midnight - 1, midnight + index, midnight + 86_400_000]
        await plant(
          server,
          times.map((ms) => ({ ms, sequence: index, stream: 10 + index, event })),
        )
      }
    })
    for (const text of corpus) {
      // A field of one line takes no line breaks.
      if (text !== text.trim()) continue
      const query = new URLSearchParams({
        actor: text,
        subject: text,
        action: 'api-key.minted',
        from: '2020-06-15',
        to: '2020-06-15',
      })
      const page = await open(site, headers, `/admin/audit?${query}`)
      const address = linkOf(page, 'Download what matches as CSV') ?? ''
      const csv = await site.app.inject({ url: address, headers })
      t.equal(csv.statusCode, 200, address)
      t.match(csv.headers['content-type'], /^text\/csv/)
      const api = new URL(address, 'http://localhost')
      api.searchParams.delete('format')
      const accept = { ...site.first, accept: 'text/csv' }
      const byApi = await site.app.inject({ url: api.pathname + api.search, headers: accept })
      t.equal(csv.body, byApi.body)
      t.equal(parseCsv(csv.body).length, 2, 'the day itself and no other')
    }
    const page = await open(site, headers, '/admin/audit')
    const whole = await site.app.inject({ url: linkOf(page, 'Download everything as CSV') ?? '', headers })
    const [header = [], ...rows] = parseCsv(whole.body)
    t.ok(rows.length > 3 * corpus.length)
    t.ok(rows.every((row) => row.length === header.length))
    const dangerous = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
    t.strictSame(
      rows.flat().filter((cell) => dangerous.test(cell)),
      [],
    )
    for (const text of corpus.slice(0, -2))
      t.equal(rows.filter((row) => row[5] === `'${text}`).length, 3, JSON.stringify(text))
  },
)
