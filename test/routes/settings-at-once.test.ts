// Changes of the settings at the same time: If-Match, two instances, and a revocation in between.

import t from 'tap'
import { startSite } from '../support/site.ts'
import { assertProblem, auditEvents, type Headers, send, siteRecord, stateOf, verify } from './evidence.ts'

const site = await startSite(t)
const other = await site.another()
const put = async (change: object, headers: Headers = {}, instance: Pick<typeof site, 'app'> = site) =>
  await send(instance, 'PUT /v1/settings', { ...site.first, ...headers }, change)
const read = async () => await send(site, 'GET /v1/settings', site.first)
const presentTag = async () => String((await read()).headers.etag)

t.test('If-Match with the present tag, alone, in a list or as * lets the change through', async (t) => {
  const forms = [
    (tag: string) => tag,
    (tag: string) => `"something-older", ${tag}`,
    (tag: string) => `${tag},W/"weak"`,
    () => '*',
  ]
  for (const [index, form] of forms.entries()) {
    const tag = await presentTag()
    const answer = await put({ sessionIdleMinutes: 100 + index }, { 'if-match': form(tag) })
    t.equal(answer.statusCode, 200, form(tag))
    t.not(answer.headers.etag, tag, 'the tag is a new one')
    t.equal(answer.headers.etag, await presentTag())
  }
})

t.test('If-Match without the present strong tag is 412, and nothing changed', async (t) => {
  const older = await presentTag()
  await put({ sessionIdleMinutes: 200 })
  const tag = await presentTag()
  const before = await stateOf(site.server)
  const bare = tag.slice(1, -1)
  for (const ifMatch of [
    older,
    `W/${tag}`,
    bare,
    `"${bare}x"`,
    '""',
    `${older}, "b"`,
    'W/*',
    tag.toLowerCase(),
  ]) {
    assertProblem(
      t,
      await put({ sessionIdleMinutes: 201 }, { 'if-match': ifMatch }),
      'settings_changed',
      ifMatch,
    )
  }
  const same = await put({ sessionIdleMinutes: 200 }, { 'if-match': older })
  assertProblem(t, same, 'settings_changed', 'even when the change would change nothing')
  const endless = await put({ sessionIdleMinutes: 201 }, { 'if-match': `${tag}, ${'"a", '.repeat(300)}` })
  assertProblem(t, endless, 'request_invalid', 'a list too long to be meant')
  t.same(await stateOf(site.server), before)
})

t.test('the tag is of the settings alone: revoking all keys leaves it as it was', async (t) => {
  const tag = await presentTag()
  const { siteName } = (await read()).json()
  const revoked = await send(site, 'POST /v1/admin/api-keys/revoke', site.first, {
    all: true,
    site: siteName,
  })
  t.equal(revoked.statusCode, 200)
  t.equal(await presentTag(), tag)
})

t.test(
  'of two changes at once from the same state exactly one wins, on two instances, every time',
  async (t) => {
    for (let round = 0; round < 10; round++) {
      const headers = { 'if-match': await presentTag() }
      const earlier = await auditEvents(site.server, 'settings.changed')
      const values = [300 + 2 * round, 301 + 2 * round]
      const answers = await Promise.all([
        put({ sessionIdleMinutes: values[0] }, headers),
        put({ sessionIdleMinutes: values[1] }, headers, other),
      ])
      const statuses = answers.map((answer) => answer.statusCode)
      t.same(statuses.toSorted(), [200, 412])
      t.equal((await read()).json().sessionIdleMinutes, values[statuses.indexOf(200)])
      const events = await auditEvents(site.server, 'settings.changed')
      t.equal(events.length, earlier.length + 1, 'the loser left no event')
    }
  },
)

t.test('changes of different settings at once without If-Match all arrive', async (t) => {
  const changes = [
    { sessionIdleMinutes: 11 },
    { sessionAbsoluteHours: 13 },
    { apiKeysPerUser: 17 },
    { sessionKeysPerSession: 19 },
    { apiKeyLifetimeDays: 180 },
    { sessionKeysAllowed: true },
  ]
  const earlier = await auditEvents(site.server, 'settings.changed')
  const answers = await Promise.all(
    changes.map((change, index) => put(change, {}, index % 2 === 0 ? site : other)),
  )
  t.same(new Set(answers.map((answer) => answer.statusCode)), new Set([200]))
  t.match((await read()).json(), Object.assign({}, ...changes))
  t.equal((await auditEvents(site.server, 'settings.changed')).length, earlier.length + changes.length)
})

t.test(
  'threat 50: settings saved in a loop while everything is revoked never bring a key back',
  async (t) => {
    const { siteName } = (await read()).json()
    const generations = new Set<string>()
    for (let round = 0; round < 5; round++) {
      const key = await site.mint(`ada-${round}@example.org`)
      t.match(await verify(other, site.first, key.secret), { active: true, id: key.id })
      let savesToGo = Number.POSITIVE_INFINITY
      const saving = (async () => {
        const statuses = new Set<number>()
        for (let count = 0; savesToGo > 0; count++, savesToGo--) {
          statuses.add((await put({ sessionIdleMinutes: 60 + (count % 2) }, {}, other)).statusCode)
        }
        return statuses
      })()
      const revoked = await send(site, 'POST /v1/admin/api-keys/revoke', site.first, {
        all: true,
        site: siteName,
      })
      const { generation } = await siteRecord(site.server)
      savesToGo = 10
      t.equal(revoked.statusCode, 200)
      t.same(await saving, new Set([200]), 'every save went through, too')

      t.equal((await siteRecord(site.server)).generation, generation, 'the new generation stays')
      generations.add(generation)
      for (const instance of [site, other]) {
        t.match(await verify(instance, site.first, key.secret), { active: false, code: 'credential_invalid' })
        assertProblem(t, await send(instance, 'GET /v1/me', key.headers), 'credential_invalid')
      }
    }
    t.equal(generations.size, 5, 'each revocation drew its own generation')
  },
)
