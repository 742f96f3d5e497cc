// Commands that wait for a job of the server: revoking all keys on the site, and clamping. What they do while the server is
// away: keys-away.

import t from 'tap'
import { type Instance, type MintedForTest, startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'

const site = await startSite(t)
const { run, onTerminal } = await commandsFor(t, site)

const statusOf = async ({ app }: Instance, { headers }: MintedForTest): Promise<number> =>
  (await app.inject({ url: '/v1/me', headers })).statusCode

t.test('all keys on the site: refused at once, and the command waits for the clean-up', async (t) => {
  const keys = [await site.mint('ada@example.org'), await site.mint('bob@example.org')]
  const misnamed = await run('keys', 'revoke', '--all', '--site', 'latchkey', '--yes')
  t.match(misnamed, { code: 1, stdout: '', stderr: /\[site_name_mismatch\]/ })
  for (const key of keys) t.equal(await statusOf(site, key), 200)

  const question = 'Revoke 2 API keys, all on the site "Latchkey", of every user? (y/N) '
  const done = await onTerminal(['keys', 'revoke', '--all', '--site', 'Latchkey'], {
    answers: [[question, 'y\n']],
  })
  t.equal(done.code, 0, done.stdout)
  t.match(done.stdout, /100% \| 2 of 2 keys \| ended/, 'the bar came to its end')
  t.match(done.stdout, /2 API keys revoked\.\n$/)
  for (const key of keys) t.equal(await statusOf(site, key), 401)
})

t.test('keys clamp shows what it would do, does it after yes, and never lengthens', async (t) => {
  const key = await site.mint('cem@example.org')
  const never = await run('keys', 'clamp', '--dry-run')
  t.match(JSON.parse(never.stdout), { dryRun: true, apiKeyLifetimeDays: null, shortened: 0 })
  const withoutPolicy = await run('keys', 'clamp', '--yes')
  t.match(withoutPolicy, { code: 1, stdout: '', stderr: /\[policy_is_never\]/ })

  await run('settings', 'set', 'apiKeyLifetimeDays=30')
  const expiry = async (): Promise<unknown> => JSON.parse((await run('keys', 'list')).stdout)[0].expiresAt
  const dry = await run('keys', 'clamp', '--dry-run')
  t.same(JSON.parse(dry.stdout), { dryRun: true, apiKeyLifetimeDays: 30, live: 1, shortened: 1, ended: 0 })
  const unasked = await run('keys', 'clamp')
  t.match(unasked, {
    code: 2,
    stdout: '',
    stderr: /1 API key of 1 would live longer than 30 days; 0 of these/,
  })
  t.equal(await expiry(), null)

  const done = await onTerminal(['keys', 'clamp'], { answers: [['Shorten them? (y/N) ', 'y\n']] })
  t.equal(done.code, 0, done.stdout)
  t.match(done.stdout, '1 API key shortened or ended.')
  t.match(await expiry(), /^\d{4}-/)
  t.equal(await statusOf(site, key), 200)
})
