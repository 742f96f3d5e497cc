// `latchkey users`: list, show, set, delete.

import t from 'tap'
import { readDatabase } from '../support/database.ts'
import { startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'

const site = await startSite(t)
const { run, onTerminal } = await commandsFor(t, site)
await site.mint('bob@example.org')
const ada = await site.mint('ada@example.org')
await site.mint('ada@example.org')

t.test('users list: JSON without a terminal, a table on one, with the number of keys', async (t) => {
  const [all, some, first, table] = await Promise.all([
    run('users', 'list', '--all'),
    run('users', 'list', '--beginning', 'AD'),
    run('users', 'list', '--limit', '1'),
    onTerminal(['users', 'list'], { env: { NO_COLOR: '1' } }),
  ])
  t.match(JSON.parse(all.stdout), [
    { name: 'ada@example.org', apiKeys: 2, roles: ['user'], disabled: false },
    { name: 'bob@example.org', apiKeys: 1 },
  ])
  t.equal(JSON.parse(some.stdout).length, 1)
  t.equal(JSON.parse(first.stdout).length, 1)
  t.match(first.stderr, /There are more than these 1/)
  t.match(table.stdout, /^ID +NAME +ROLES +GROUPS +DISABLED +KEYS +CREATED\n\w{8} +ada@example\.org +user/)
})

t.test('users set replaces what it names and keeps the rest', async (t) => {
  const set = await run(
    'users',
    'set',
    'ada@example.org',
    '--role',
    'user',
    '--role',
    'admin',
    '--group',
    'lab',
  )
  t.equal(set.code, 0, set.stderr)
  t.match(JSON.parse(set.stdout), { roles: ['user', 'admin'], groups: ['lab'], disabled: false })
  const emptied = await run('users', 'set', 'ada@example.org', '--without-groups')
  t.match(JSON.parse(emptied.stdout), { roles: ['user', 'admin'], groups: [] })

  const disabled = await run('users', 'set', 'Ada@Example.org', '--disable')
  t.match(JSON.parse(disabled.stdout), { roles: ['user', 'admin'], disabled: true })
  t.match((await site.app.inject({ url: '/v1/me', headers: ada.headers })).json(), { code: 'user_disabled' })
  const shown = await onTerminal(['users', 'show', 'ada@example.org'])
  t.match(shown.stdout, /^roles +user, admin\ngroups\ndisabled +yes$/m)
  const enabled = await run('users', 'set', 'ada@example.org', '--enable')
  t.match(JSON.parse(enabled.stdout), { disabled: false })
  t.equal((await site.app.inject({ url: '/v1/me', headers: ada.headers })).statusCode, 200)
})

t.test('users delete asks first, and takes the keys along', async (t) => {
  await site.lastUsed.flush()
  const before = await readDatabase(site.server.command)
  const unasked = await run('users', 'delete', 'ada@example.org')
  t.match(unasked, { code: 2, stdout: '', stderr: /Delete the user ada@example\.org with 2 API keys\?/ })
  const question = 'Delete the user ada@example.org with 2 API keys? (y/N) '
  const no = await onTerminal(['users', 'delete', 'ada@example.org'], { answers: [[question, '\n']] })
  t.equal(no.code, 1, no.stdout)
  await site.lastUsed.flush()
  const after = await readDatabase(site.server.command)
  for (const name of before.keys())
    if (!name.includes('used')) t.equal(after.get(name), before.get(name), name)

  const deleted = await run('users', 'delete', 'ada@example.org', '--yes')
  t.match(deleted, { code: 0, stderr: '' })
  t.same(JSON.parse(deleted.stdout), { deleted: 'ada@example.org' })
  t.equal((await site.app.inject({ url: '/v1/me', headers: ada.headers })).statusCode, 401)
  const gone = await run('users', 'show', 'ada@example.org')
  t.match(gone, {
    code: 1,
    stdout: '',
    stderr: 'No such user: There is no user of this name. [user_not_found]\n',
  })
})

t.test('wrong usage: nothing to change, both at once, names that a URL cannot hold', async (t) => {
  const wrong = [
    ['set', 'bob@example.org'],
    ['set', 'bob@example.org', '--disable', '--enable'],
    ['set', 'bob@example.org', '--role', 'user', '--without-roles'],
    ['show', '..'],
    ['delete', '.', '--yes'],
    ['show'],
    ['list', '--limit', '0'],
  ]
  for (const ended of await Promise.all(wrong.map((args) => run('users', ...args)))) {
    t.match(ended, { code: 2, stdout: '', stderr: /./ })
  }
  const refused = await run('users', 'set', 'bob@example.org', '--role', 'no spaces please')
  t.match(refused, { code: 1, stdout: '', stderr: /\[request_invalid\]/ })
})
