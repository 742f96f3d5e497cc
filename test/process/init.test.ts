import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startRedis, type TestRedis } from '../support/redis.ts'
import {
  ask,
  type Environment,
  makeWorkplace,
  readFirst,
  runCommand,
  runServer,
  type ServerProcess,
  startServer,
  stop,
  type Workplace,
} from '../support/server-process.ts'
import { basic, testPeppers } from '../support/site.ts'
import { until } from '../support/until.ts'

t.test('an external Redis is initialised by a person, and a server that waits opens by itself', async (t) => {
  const { environment, home } = await external(t)
  const server = await startServer(t, environment)
  const anyKey = basic('apikey', 'lka_whatever')
  for (const path of ['/health/ready', '/v1/me']) {
    const answer = await ask(server, 'GET', path, anyKey)
    t.match(answer, { status: 503, body: { code: 'site_not_initialised' } })
    t.match(answer.body.detail, 'npm run latchkey -- init')
    t.equal(answer.headers.get('retry-after'), '1')
  }
  t.equal((await ask(server, 'GET', '/health/live', {})).status, 200)

  const made = await runCommand(t, environment, 'init')
  t.match(made, { code: 0, stderr: '' })
  await untilReady(server)
  const first = await readFirst(await firstSteps(t, home, made.stdout))
  t.match(await ask(server, 'GET', '/v1/me', first), { status: 200, body: { id: 'first' } })
  const again = await runCommand(t, environment, 'init')
  t.match(again, { code: 0, stdout: 'There is a site already; nothing was changed.\n' })
  t.equal((await ask(server, 'GET', '/v1/me', first)).status, 200)

  t.test('services are added while the server runs, and work at once', async (t) => {
    const added = await runCommand(
      t,
      environment,
      'services',
      'add',
      'gateway',
      '--permissions',
      'verify,mint',
    )
    t.equal(added.code, 0)
    const [name = '', secret = ''] = added.stdout.trim().split(':')
    t.match(await ask(server, 'GET', '/v1/me', basic(name, secret)), {
      status: 200,
      body: { service: { name: 'gateway', permissions: ['verify', 'mint'] }, expiresAt: null },
    })
    const twice = await runCommand(t, environment, 'services', 'add', 'gateway', '--permissions', 'verify')
    t.equal(twice.code, 1)
    t.match(twice.stderr, 'There is a service of this name already.')
    t.equal((await ask(server, 'GET', '/v1/me', basic(name, secret))).status, 200, 'the first one stays')

    const short = await runCommand(
      t,
      environment,
      'services',
      'add',
      'short',
      '--permissions=revoke',
      '--days=2',
    )
    const [, shortSecret = ''] = short.stdout.trim().split(':')
    const me = await ask(server, 'GET', '/v1/me', basic('short', shortSecret))
    const leftMs = Date.parse(String(me.body.expiresAt)) - Date.now()
    t.ok(leftMs > 47 * 3_600_000 && leftMs <= 48 * 3_600_000 + 60_000, `two days: ${leftMs} ms`)
  })

  t.test('what cannot be is refused with a word and an exit code, and adds nothing', async (t) => {
    const wrong: readonly (readonly [args: readonly string[], said: string])[] = [
      [['bad', '--permissions', 'verify,root'], 'Choose of verify, sessions, mint'],
      [['bad'], '--permissions'],
      [['bad', '--permissions', 'verify', '--days', '0'], 'It takes a whole number from 1 to 3650'],
      [['Bad Name', '--permissions', 'verify'], 'The name of a service has 1 to 63 lower case letters'],
      [['apikey', '--permissions', 'verify'], 'is not "apikey"'],
    ]
    const ends = await Promise.all(
      wrong.map(([args]) => runCommand(t, environment, 'services', 'add', ...args)),
    )
    for (const [index, ended] of ends.entries()) {
      const [args = [], said = ''] = wrong[index] ?? []
      t.not(ended.code, 0, args.join(' '))
      t.match(ended.stderr, said)
      t.not(ended.stderr.trim(), '')
      t.notMatch(ended.stderr, /\n +at /, 'a message, not a stack')
      t.notMatch(ended.stdout, 'lkv_')
    }
    const listed = await ask(server, 'GET', '/v1/admin/services', first)
    const names = (listed.body.items as { name: string }[]).map(({ name }) => name)
    t.same(
      names.filter((name) => !['first', 'gateway', 'short'].includes(name)),
      [],
    )
  })
})

t.test('threat 42: ten servers and ten inits at once on one empty Redis: one site, one secret', async (t) => {
  const { environment, home, redis } = await external(t)
  const inits = Array.from({ length: 10 }, () => runCommand(t, environment, 'init'))
  // A server takes a second or so of our two processors; three that wait are as good as ten.
  const servers = await Promise.all(Array.from({ length: 3 }, () => startServer(t, environment)))
  const ends = await Promise.all(inits)
  t.same(
    ends.map(({ code }) => code),
    Array(10).fill(0),
  )
  t.equal(ends.filter(({ stdout }) => stdout.startsWith('There is a site already')).length, 9)
  const made = ends.find(({ stdout }) => stdout.startsWith('The site was created'))
  const first = await readFirst(await firstSteps(t, home, made?.stdout ?? ''))
  for (const server of servers) {
    await untilReady(server)
    t.equal((await ask(server, 'GET', '/v1/me', first)).status, 200)
    t.notMatch(server.output.stdout, /lkv_/)
  }
  const events = JSON.stringify(await redis.command('XRANGE', 'lk:{site}:audit', '-', '+'))
  t.equal(events.split('site.created').length, 2)
})

t.test('services are added to the embedded Redis, with and without its server', async (t) => {
  const { environment } = await makeWorkplace(t)
  const server = await startServer(t, environment)
  const add = async (name: string): Promise<{ readonly authorization: string }> => {
    const added = await runCommand(t, environment, 'services', 'add', name, '--permissions', 'verify')
    t.match(added, { code: 0, stderr: '' })
    return basic(name, added.stdout.trim().split(':')[1] ?? '')
  }
  const running = await add('while-it-runs')
  t.equal((await ask(server, 'GET', '/v1/me', running)).status, 200)
  t.same(await stop(server), { code: 0, signal: null })
  const stopped = await add('while-it-does-not')
  const again = await startServer(t, environment)
  for (const service of [running, stopped]) t.equal((await ask(again, 'GET', '/v1/me', service)).status, 200)
  t.same(await stop(again), { code: 0, signal: null })
})

t.test('LATCHKEY_STRICT refuses a Redis that may forget; without it the log warns', async (t) => {
  const { environment, redis } = await external(t)
  await redis.command('CONFIG', 'SET', 'appendonly', 'no')
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
  const refused = await runServer(t, { ...environment, PORT: '0', LATCHKEY_STRICT: 'on' })
  t.equal(refused.code, 1)
  t.match(refused.stderr, /^Latchkey cannot start\. LATCHKEY_STRICT is on\. .*maxmemory-policy.*appendonly/)

  const server = await startServer(t, environment)
  await until('the log has both warnings', () =>
    ['maxmemory-policy', 'appendonly'].every((name) => server.output.stdout.includes(`Redis has ${name}`)),
  )
  t.match(server.output.stdout, /"level":40,.*maxmemory-policy/)
  t.equal((await ask(server, 'GET', '/health/live', {})).status, 200)
})

t.test('LATCHKEY_STRICT refuses such a Redis, too, when it comes only after the start', async (t) => {
  const { environment, redis } = await external(t, ['--maxmemory-policy', 'allkeys-lru'])
  await redis.stop()
  const server = await startServer(t, { ...environment, LATCHKEY_STRICT: 'on' })
  t.equal((await ask(server, 'GET', '/health/ready', {})).status, 503)
  await redis.restart()
  t.same(await server.ended, { code: 1, signal: null })
  t.match(server.output.stdout, /Latchkey cannot go on\. LATCHKEY_STRICT is on\. .*maxmemory-policy/)
})

interface External extends Workplace {
  readonly redis: TestRedis
}

async function external(t: Test, redisArguments: readonly string[] = []): Promise<External> {
  const redis = await startRedis(t, redisArguments)
  const workplace = await makeWorkplace(t)
  const environment: Environment = {
    ...workplace.environment,
    REDIS_URL: redis.url,
    LATCHKEY_PEPPERS: testPeppers,
  }
  return { ...workplace, environment, redis }
}

/** @returns the path of the file that `init` spoke of, after looking at it */
async function firstSteps(t: Test, home: string, stdout: string): Promise<string> {
  const [name = '', ...more] = readdirSync(home).filter((name) => name.startsWith('.latchkey-first-steps'))
  t.same(more, [], 'there is one file')
  const path = join(home, name)
  t.match(stdout, path)
  t.notMatch(stdout, /lkv_/)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.match(readFileSync(path, 'utf8'), /FIRST=first:lkv_/)
  return path
}

async function untilReady(server: ServerProcess): Promise<void> {
  await until(
    'the server is ready',
    async () => (await ask(server, 'GET', '/health/ready', {})).status === 200,
  )
}
