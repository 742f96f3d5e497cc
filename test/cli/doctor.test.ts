// `latchkey doctor` over an external Redis: good and bad set-ups, each told, nothing changed.

import { join } from 'node:path'
import t from 'tap'
import { changedNames, readDatabase } from '../support/database.ts'
import { startSite, testPeppers } from '../support/site.ts'
import { makeHome, runCommand, runOnTerminal } from './command.ts'

interface Finding {
  readonly status: 'ok' | 'warn' | 'fail'
  readonly check: string
  readonly text: string
}

interface Examined {
  readonly code: number | null
  readonly findings: readonly Finding[]
  of(check: string): readonly Finding[]
}

const site = await startSite(t)
const home = await makeHome(t)
const good = { HOME: home, REDIS_URL: site.server.url, LATCHKEY_PEPPERS: testPeppers }
// What the server still has to write about the requests that made the site is written now.
await site.lastUsed.flush()
await site.app.useCounts.flush()
const otherPepper = Buffer.alloc(32, 2).toString('base64')

async function examine(env: Record<string, string>): Promise<Examined> {
  const { code, stdout, stderr } = await runCommand(['doctor'], { env: { ...good, ...env } })
  if (stderr !== '') throw new Error(stderr)
  const findings: readonly Finding[] = JSON.parse(stdout)
  return { code, findings, of: (check) => findings.filter((finding) => finding.check === check) }
}

// It waits for Redis for a while: begun here, looked at below.
const withoutRedis = examine({ REDIS_URL: `unix:${join(home, 'no.sock')}` })

t.test('a good set-up: exit code 0, and nothing in the database is changed', async (t) => {
  const before = await readDatabase(site.server.command)
  const { code, findings, of } = await examine({})
  t.equal(code, 0)
  t.same(
    findings.filter(({ status }) => status !== 'ok').map(({ check }) => check),
    ['first service'],
  )
  const checks = findings.map(({ check }) => check)
  t.same(checks, ['node', 'redis', 'redis settings', 'replicas', 'clock', 'site', 'peppers', 'first service'])
  t.match(of('site'), [{ text: /^"Latchkey" \(\w{4}\)$/ }])
  t.match(of('first service'), [{ text: /latchkey services remove first/ }])
  const screen = await runOnTerminal(['doctor'], { env: { ...good, NO_COLOR: '1' } })
  t.equal(screen.code, 0)
  t.match(screen.stdout, /^ok {4}redis: redis \d/m)
  t.match(screen.stdout, /^warn {2}first service: /m)
  t.same(changedNames(before, await readDatabase(site.server.command)), [])
})

t.test('peppers: the wrong one fails, a new and a missing one are told, and none is recorded', async (t) => {
  const before = await readDatabase(site.server.command)
  const [wrong, added, missing] = await Promise.all([
    examine({ LATCHKEY_PEPPERS: `1:${otherPepper}` }),
    examine({ LATCHKEY_PEPPERS: `${testPeppers},2:${otherPepper}` }),
    examine({ LATCHKEY_PEPPERS: `2:${otherPepper}` }),
  ])
  t.equal(wrong.code, 1)
  t.match(wrong.of('peppers'), [{ status: 'fail', text: /number 1 is not the one/ }])
  t.equal(added.code, 0)
  t.match(added.of('peppers'), [{ status: 'ok' }, { status: 'warn', text: /number 2 is new/ }])
  t.match(missing.of('peppers')[2], { status: 'warn', text: /number 1 is missing here/ })
  for (const { findings } of [wrong, added, missing]) t.notMatch(JSON.stringify(findings), otherPepper)
  t.same(changedNames(before, await readDatabase(site.server.command)), [])
})

t.test('replicas that are configured and not connected fail', async (t) => {
  const { code, of } = await examine({ LATCHKEY_REPLICAS: '2' })
  t.equal(code, 1)
  t.match(of('replicas'), [
    { status: 'fail', text: /^0 replicas connected, LATCHKEY_REPLICAS is 2: keys are neither/ },
  ])
})

t.test('unsafe settings of Redis: a warning, or a failure where the server would not start', async (t) => {
  await site.server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
  await site.server.command('CONFIG', 'SET', 'appendfsync', 'everysec')
  const [loose, strict] = await Promise.all([examine({}), examine({ LATCHKEY_STRICT: 'on' })])
  await site.server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
  await site.server.command('CONFIG', 'SET', 'appendfsync', 'always')
  t.equal(loose.code, 0)
  t.match(loose.of('redis settings'), [
    { status: 'warn', text: /maxmemory-policy/ },
    { status: 'warn', text: /appendfsync/ },
  ])
  t.equal(strict.code, 1)
  t.match(strict.of('redis settings')[0], { status: 'fail', text: /LATCHKEY_STRICT is on/ })
})

t.test('without the first service that is fine', async (t) => {
  const headers = site.first
  await site.app.inject({ method: 'DELETE', url: '/v1/admin/services/first', headers })
  t.match((await examine({})).of('first service'), [{ status: 'ok' }])
})

t.test('what the server would not start with fails, and secrets are not shown', async (t) => {
  const secret = 'canary-secret-canary'
  const [nonsense, nobody] = await Promise.all([examine({ LATCHKEY_PEPPERS: secret }), withoutRedis])
  t.equal(nonsense.code, 1)
  t.match(nonsense.of('start'), [{ status: 'fail', text: /^LATCHKEY_PEPPERS must be/ }])
  t.notMatch(JSON.stringify(nonsense.findings), secret)
  t.equal(nobody.code, 1)
  t.match(nobody.of('start'), [{ status: 'fail', text: /^Redis does not answer: / }])
})

t.test('a Redis without a site fails', async (t) => {
  await site.server.flushAll()
  const { code, of } = await examine({})
  t.equal(code, 1)
  t.match(of('site'), [{ status: 'fail', text: /there is none in this Redis: latchkey init/ }])
  t.same(await site.server.command('DBSIZE'), 0)
})
