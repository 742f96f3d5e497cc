// `latchkey netrc check`: what can be wrong with the file, the entry and the key, each found and said, the key never shown.

import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'

const site = await startSite(t)
const { run, home, url } = await commandsFor(t, site)
const file = join(home, '.netrc')
const key = await site.mint('ada@example.org')

t.test('netrc check says what is wrong, and ends with 1', async (t) => {
  const revoked = await site.mint('ada@example.org')
  await site.app.inject({ method: 'DELETE', url: `/v1/admin/api-keys/${revoked.id}`, headers: site.first })
  const entry = (password: string, login = 'apikey'): string =>
    `machine 127.0.0.1 login ${login} password ${password}\n`
  const cases: readonly (readonly [text: string, check: string, words: RegExp, mode?: number])[] = [
    [entry(key.secret), 'file', /can be opened by other users .*chmod 600/, 0o640],
    ['machine other login apikey password x\n', 'entry', /there is none for machine 127\.0\.0\.1/],
    [entry('a') + entry('b'), 'entry', /there are 2/],
    [`default login a password b\n${entry('a')}`, 'entry', /"default" stands before/],
    [entry(key.secret, 'ada'), 'entry', /must be apikey/],
    ['nonsense\n', 'entry', /Line 1/],
    ['machine 127.0.0.1 login apikey\n', 'key', /no password/],
    [entry(`${key.secret.slice(0, -1)}-`), 'key', /mistyped/],
    [entry(`apikey|${key.secret}`), 'key', /leave that out/],
    [entry(revoked.secret), 'server', /\[credential_invalid\]/],
  ]
  for (const [text, check, words, mode = 0o600] of cases) {
    await writeFile(file, text)
    await chmod(file, mode)
    const ended = await run('netrc', 'check')
    t.equal(ended.code, 1, text)
    const findings: { status: string; check: string }[] = JSON.parse(ended.stdout)
    t.match(
      findings.filter(({ status }) => status === 'fail'),
      [{ check, text: words }],
    )
    t.notMatch(ended.stdout, /lka_/)
  }
  const absent = await run('netrc', 'check', '--file', join(home, 'absent'))
  t.match(absent, { code: 1, stdout: /there is no / })
  const withUrl = await run('netrc', 'check', '--url', url, '--host', 'other.example')
  t.match(withUrl, { code: 1, stdout: /none for machine other\.example/ })
})
