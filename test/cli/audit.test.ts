// `latchkey audit`: lists and CSV. Following it: audit-follow.

import t from 'tap'
import { startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'

const site = await startSite(t)
const { run, onTerminal } = await commandsFor(t, site)
const key = await site.mint('ada@example.org')
await site.mint('bob@example.org')
await site.app.inject({ method: 'DELETE', url: `/v1/admin/api-keys/${key.id}`, headers: site.first })

t.test('audit lists the newest first, filtered by who, whom, what and when', async (t) => {
  const actionsOf = ({ stdout }: { stdout: string }): string[] =>
    JSON.parse(stdout).map(({ action }: { action: string }) => action)
  const [all, ofAda, revoked, later, limited] = await Promise.all([
    run('audit'),
    run('audit', '--subject', 'ada@example.org', '--actor', 'first'),
    run('audit', '--action', 'api-key.revoked', '--to', new Date(Date.now() + 60_000).toISOString()),
    run('audit', '--from', new Date(Date.now() + 86_400_000).toISOString()),
    run('audit', '--limit', '1'),
  ])
  t.equal(actionsOf(all)[0], 'api-key.revoked')
  t.equal(actionsOf(all).at(-1), 'site.created')
  t.same(actionsOf(ofAda), ['api-key.revoked', 'api-key.minted', 'user.created'])
  t.match(JSON.parse(revoked.stdout), [
    { actor: { kind: 'service', name: 'first' }, subject: 'ada@example.org', address: '127.0.0.1' },
  ])
  t.same(actionsOf(later), [])
  t.same(actionsOf(limited), ['api-key.revoked'])
  t.match(limited.stderr, /may be more than these 1/)
})

t.test('a table on a terminal, CSV on request', async (t) => {
  const [table, csv] = await Promise.all([
    onTerminal(['audit', '--subject', 'ada@example.org'], { env: { NO_COLOR: '1' }, columns: 110 }),
    run('audit', '--csv', '--subject', 'ada@example.org'),
  ])
  t.match(table.stdout, /^AT +ACTION +ACTOR +SUBJECT +ADDRESS +DETAILS\n/)
  t.match(
    table.stdout,
    /^\d{4}-\d\d-\d\d \d\d:\d\d +api-key\.revoked +first \(service\) +ada@example\.org +127/m,
  )
  for (const line of table.stdout.split('\n')) t.ok(line.length <= 110, line)
  t.match(csv.stdout, /^"at","action",.*\r\n"[^"]+","api-key\.revoked","first","service"/)
})

t.test('options that do not go together are wrong usage', async (t) => {
  const wrong = [
    ['--csv', '--limit', '5'],
    ['--follow', '--to', '2026-01-01'],
    ['--follow', '--csv'],
    ['--from', 'yesterday'],
    ['--from', '2026-02-30'],
    ['--csv', '--json'],
  ]
  for (const ended of await Promise.all(wrong.map((args) => run('audit', ...args)))) {
    t.match(ended, { code: 2, stdout: '', stderr: /./ })
  }
})
