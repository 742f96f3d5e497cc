// `latchkey keys list` and `count`, over a real server.

import t from 'tap'
import { startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'

const site = await startSite(t)
const { run, onTerminal } = await commandsFor(t, site)
const ada = await site.mint('ada@example.org', 'nightly import')
const bob = await site.mint('bob@example.org', '=cmd()')
await site.app.inject({ url: '/v1/me', headers: bob.headers })
await site.lastUsed.flush()

t.test('without a terminal the list is JSON, with times in RFC 3339 and no secret', async (t) => {
  const ended = await run('keys', 'list', '--sort', 'createdAt', '--order', 'asc')
  t.equal(ended.code, 0, ended.stderr)
  t.equal(ended.stderr, '')
  const keys = JSON.parse(ended.stdout)
  t.match(keys, [
    { id: ada.id, user: 'ada@example.org', description: 'nightly import', lastUsedAt: null },
    { id: bob.id, user: 'bob@example.org', expiresAt: null },
  ])
  t.match(keys[0].createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  for (const { secret } of [ada, bob]) t.notOk(ended.stdout.includes(secret))
})

t.test('every filter reaches the server', async (t) => {
  const idsBy = async (...options: string[]): Promise<string[]> => {
    const { stdout } = await run('keys', 'list', ...options)
    return JSON.parse(stdout).map(({ id }: { id: string }) => id)
  }
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const [byUser, byBeginning, unused, later, earlier, never, unusedSince, notUnused] = await Promise.all([
    idsBy('--user', 'Ada@example.org'),
    idsBy('--beginning', 'bo'),
    idsBy('--never-used'),
    idsBy('--created-after', tomorrow),
    idsBy('--created-before', `${tomorrow}T00:00Z`, '--user', 'bob@example.org'),
    idsBy('--never-expires', '--expires-after', tomorrow, '--sort', 'user', '--order', 'asc'),
    idsBy('--unused-since', tomorrow, '--sort', 'lastUsedAt', '--order', 'asc'),
    idsBy('--unused-since', '2020-01-01'),
  ])
  t.same(byUser, [ada.id])
  t.same(byBeginning, [bob.id])
  t.same(unused, [ada.id])
  t.same(later, [])
  t.same(earlier, [bob.id])
  t.same(never, [ada.id, bob.id])
  t.same(unusedSince, [ada.id, bob.id], 'never used counts as longest ago')
  t.same(notUnused, [])
})

t.test('a limited list says that there is more; --all and --csv give everything', async (t) => {
  const [limited, all, csv] = await Promise.all([
    run('keys', 'list', '--limit', '1'),
    run('keys', 'list', '--all'),
    run('keys', 'list', '--csv', '--sort', 'user', '--order', 'asc'),
  ])
  t.equal(JSON.parse(limited.stdout).length, 1)
  t.match(limited.stderr, /may be more than these 1: --all/)
  t.equal(JSON.parse(all.stdout).length, 2)
  t.equal(all.stderr, '')
  const lines = csv.stdout.split('\r\n')
  t.equal(lines[0], '"id","number","user","description","createdAt","expiresAt","lastUsedAt"')
  t.match(lines[1], `"${ada.id}"`)
  t.match(lines[2], `"'=cmd()"`, 'a formula is made harmless')
})

t.test('keys count prints a number, filtered too', async (t) => {
  const [all, some] = await Promise.all([run('keys', 'count'), run('keys', 'count', '--never-used')])
  t.same(all, { code: 0, stdout: '2\n', stderr: '' })
  t.same(some, { code: 0, stdout: '1\n', stderr: '' })
})

t.test('on a terminal the list is a table that fits, with whole ids', async (t) => {
  await site.mint('ada@example.org', 'a description that is much too long for a terminal of this width')
  const { code, stdout } = await onTerminal(['keys', 'list'], { columns: 100, env: { NO_COLOR: '1' } })
  t.equal(code, 0, stdout)
  const lines = stdout.trimEnd().split('\n')
  t.match(lines[0], /^ID +NUMBER +USER +DESCRIPTION +CREATED +EXPIRES +LAST USED$/)
  t.match(lines[1], /a descrip.*…/)
  for (const line of lines) t.ok(line.length <= 100, line)
  for (const id of [ada.id, bob.id]) t.match(stdout, id)
  t.match(stdout, /\d{4}-\d\d-\d\d \d\d:\d\d +never +never/)
  const json = await onTerminal(['keys', 'list', '--json', '--user', 'bob@example.org'])
  t.match(JSON.parse(json.stdout), [{ id: bob.id }])
})
