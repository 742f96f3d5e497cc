// `latchkey keys revoke`: what it asks, when it refuses, that a dry run changes nothing, and that the key is refused at
// once. All on the site, and the job after it: keys-jobs.

import t from 'tap'
import { changedNames, readDatabase } from '../support/database.ts'
import { type MintedForTest, startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'

const site = await startSite(t)
const { run, onTerminal } = await commandsFor(t, site)

const statusOf = async ({ headers }: MintedForTest): Promise<number> =>
  (await site.app.inject({ url: '/v1/me', headers })).statusCode

t.test('a key revoked through the command is refused at once', async (t) => {
  const [one, other] = [await site.mint(), await site.mint()]
  const ended = await run('keys', 'revoke', one.id, '--yes')
  t.equal(ended.code, 0, ended.stderr)
  t.same(JSON.parse(ended.stdout), { revoked: 1 })
  t.equal(await statusOf(one), 401)
  t.equal(await statusOf(other), 200)
})

t.test('an id that names nothing: the others are revoked, and the exit code is 1', async (t) => {
  const key = await site.mint()
  const ended = await run('keys', 'revoke', key.id, 'Ab3dEf6hIj9lMn2p', key.id, '--yes')
  t.equal(ended.code, 1)
  t.same(JSON.parse(ended.stdout), { revoked: 1 })
  t.match(ended.stderr, /^1 id did not name an API key/)
  t.equal(await statusOf(key), 401)
})

t.test('without a terminal and without --yes nothing is revoked: exit code 2', async (t) => {
  const key = await site.mint('bob@example.org')
  const [byId, byUser] = await Promise.all([
    run('keys', 'revoke', key.id),
    run('keys', 'revoke', '--user', 'bob@example.org'),
  ])
  t.match(byId, { code: 2, stdout: '', stderr: /1 API key of bob@example\.org\? Nothing was done.*--yes/ })
  t.match(byUser, { code: 2, stdout: '', stderr: /1 API key, all of bob@example\.org\? Nothing was done/ })
  t.equal(await statusOf(key), 200)
})

t.test('on a terminal it names how many and whose, and goes on only after yes', async (t) => {
  const keys = [await site.mint('cem@example.org'), await site.mint('dee@example.org')] as const
  const ids = keys.map(({ id }) => id)
  const question = 'Revoke 2 API keys of cem@example.org, dee@example.org? (y/N) '
  for (const typed of ['\n', 'n\n', 'yess\n', '\u0004', '\u0003']) {
    const refused = await onTerminal(['keys', 'revoke', ...ids], { answers: [[question, typed]] })
    t.equal(refused.code, 1, refused.stdout)
    t.match(refused.stdout, 'Nothing was done.')
  }
  for (const key of keys) t.equal(await statusOf(key), 200)
  const done = await onTerminal(['keys', 'revoke', ...ids], { answers: [[question, 'y\n']] })
  t.equal(done.code, 0, done.stdout)
  t.match(done.stdout, '2 API keys revoked.')
  for (const key of keys) t.equal(await statusOf(key), 401)
})

t.test('all keys of a user; those of others stay', async (t) => {
  const eve = [await site.mint('eve@example.org'), await site.mint('eve@example.org')]
  const other = await site.mint('eva@example.org')
  const question = 'Revoke 2 API keys, all of eve@example.org? (y/N) '
  const done = await onTerminal(['keys', 'revoke', '--user', 'eve@example.org'], {
    answers: [[question, 'yes\n']],
  })
  t.equal(done.code, 0, done.stdout)
  for (const key of eve) t.equal(await statusOf(key), 401)
  t.equal(await statusOf(other), 200)
  const nobody = await run('keys', 'revoke', '--user', 'nobody@example.org', '--yes')
  t.match(nobody, { code: 1, stdout: '', stderr: /\[user_not_found\]/ })
})

t.test(
  'before it asks it says of ids whose keys they are, each user once, and how many are unknown',
  async (t) => {
    const [gus, hal] = [await site.mint('gus@example.org'), await site.mint('hal@example.org')]
    const another = await site.mint('gus@example.org')
    const ended = await site.mint('ida@example.org')
    await run('keys', 'revoke', ended.id, '--yes')
    const plan = async (...ids: readonly string[]) =>
      await onTerminal(['keys', 'revoke', ...ids, '--dry-run'])
    const mixed = await plan(hal.id, 'Ab3dEf6hIj9lMn2p', gus.id, another.id, hal.id)
    t.match(
      mixed.stdout,
      'Would revoke 3 API keys of hal@example.org, gus@example.org and 1 id not found. Nothing was changed.',
    )
    const unknown = await plan('Ab3dEf6hIj9lMn2p', ended.id)
    t.match(unknown.stdout, 'Would revoke 2 ids not found. Nothing was changed.')
    t.same([mixed.code, unknown.code], [0, 0])

    const many = await Promise.all(Array.from({ length: 45 }, (_, index) => site.mint(`user-${index % 7}`)))
    const manyIds = many.map(({ id }) => id)
    const shown = 'user-0, user-1, user-2, user-3, user-4 and 2 more'
    t.match((await plan(...manyIds)).stdout, `Would revoke 45 API keys of ${shown}. Nothing was changed.`)
    for (const key of [gus, hal, another]) t.equal(await statusOf(key), 200)
  },
)

t.test('all that match a filter: named before, revoked one by one, and no others', async (t) => {
  const doomed = [await site.mint('svc-a'), await site.mint('svc-b')]
  const kept = await site.mint('person')
  const refused = await run('keys', 'revoke', '--beginning', 'svc-')
  t.match(refused, { code: 2, stderr: /2 API keys, all that match\? Nothing was done/ })
  for (const key of doomed) t.equal(await statusOf(key), 200)
  await site.lastUsed.flush()
  const done = await run('keys', 'revoke', '--beginning', 'svc-', '--never-used', '--yes')
  t.equal(done.code, 0, done.stderr)
  t.match(JSON.parse(done.stdout), { revoked: 0 }, 'they were used by now')
  const again = await run('keys', 'revoke', '--beginning', 'svc-', '--yes')
  t.match(JSON.parse(again.stdout), { revoked: 2, job: { kind: 'revoke', status: 'ended' } })
  for (const key of doomed) t.equal(await statusOf(key), 401)
  const ofUser = await run('keys', 'revoke', '--user', 'person', '--created-before', '2020-01-01', '--yes')
  t.match(JSON.parse(ofUser.stdout), { revoked: 0 })
  t.equal(await statusOf(kept), 200)
})

t.test('a dry run changes nothing, whatever it is asked', async (t) => {
  const key = await site.mint('fay@example.org')
  // What the tests before did is written at intervals: now, so that it is not taken for a change.
  await Promise.all([site.lastUsed.flush(), site.app.useCounts.flush()])
  const before = await readDatabase(site.server.command)
  const [byId, byUser, all, misnamed] = await Promise.all([
    run('keys', 'revoke', key.id, '--dry-run'),
    run('keys', 'revoke', '--user', 'fay@example.org', '--dry-run', '--yes'),
    run('keys', 'revoke', '--all', '--site', 'Latchkey', '--dry-run', '--yes'),
    run('keys', 'revoke', '--all', '--site', 'Elsewhere', '--dry-run'),
  ])
  t.same([byId.code, byUser.code, all.code, misnamed.code], [0, 0, 0, 1])
  t.same(JSON.parse(byId.stdout), { dryRun: true, revoked: 1 })
  t.same(JSON.parse(byUser.stdout), { dryRun: true, revoked: 1 })
  t.match(JSON.parse(all.stdout), { dryRun: true, revoked: Number })
  t.match(misnamed.stderr, /has another name/)
  await Promise.all([site.lastUsed.flush(), site.app.useCounts.flush()])
  const changed = changedNames(before, await readDatabase(site.server.command))
  t.same(
    changed.filter((name) => !name.includes('used')),
    [],
  )
  t.equal(await statusOf(key), 200)
})

t.test(
  'wrong usage is exit code 2, before anything is sent; a key in place of an id is not repeated',
  async (t) => {
    const key = await site.mint()
    const wrong = [
      [],
      [key.id, '--user', 'ada@example.org'],
      [key.id, '--all', '--site', 'Latchkey'],
      ['--user', 'ada@example.org', '--all', '--site', 'Latchkey'],
      ['--all'],
      ['--site', 'Latchkey'],
      ['short'],
      [key.secret],
    ]
    const endings = await Promise.all(wrong.map((args) => run('keys', 'revoke', ...args, '--yes')))
    for (const [index, { code, stdout, stderr }] of endings.entries()) {
      t.match({ code, stdout, stderr }, { code: 2, stdout: '', stderr: /./ }, wrong[index]?.join(' ') ?? '')
      t.notOk(stderr.includes(key.secret))
    }
    t.equal(await statusOf(key), 200)
  },
)
