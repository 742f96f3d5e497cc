// `latchkey keys mint` and `verify`: the secret is shown once and nowhere else, and comes from standard input only.

import t from 'tap'
import { startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'

const site = await startSite(t)
const { run, runWith, onTerminal } = await commandsFor(t, site)
const ada = await site.mint('ada@example.org')

t.test('keys mint prints the secret alone, once, and the key works', async (t) => {
  const minted = await run('keys', 'mint', 'cem@example.org', '--description', 'from the command line')
  t.equal(minted.code, 0, minted.stderr)
  t.equal(minted.stderr, '')
  t.match(minted.stdout, /^lka_[0-9A-Za-z]{58}\n$/)
  const verified = await runWith(['keys', 'verify'], { input: minted.stdout })
  t.equal(verified.code, 0)
  t.match(JSON.parse(verified.stdout), { active: true, kind: 'api-key', user: { name: 'cem@example.org' } })
  const listed = await run('keys', 'list', '--user', 'cem@example.org')
  t.match(JSON.parse(listed.stdout), [{ description: 'from the command line' }])
  for (const { stdout, stderr } of [verified, listed]) {
    t.notOk((stdout + stderr).includes(minted.stdout.trim()))
  }
})

t.test('on a terminal mint tells about the key beside it', async (t) => {
  const { code, stdout } = await onTerminal(['keys', 'mint', 'cem@example.org'])
  t.equal(code, 0, stdout)
  t.match(
    stdout,
    /^lka_[0-9A-Za-z]{58}\nKey \d+ of cem@example\.org \(id [0-9A-Za-z]{16}\), expires: never\./,
  )
})

t.test(
  'keys verify: 1 for what is not active, and the credential comes from standard input only',
  async (t) => {
    const [bad, none, argument] = await Promise.all([
      runWith(['keys', 'verify'], { input: `${ada.secret}x` }),
      run('keys', 'verify'),
      run('keys', 'verify', ada.secret),
    ])
    t.equal(bad.code, 1)
    t.match(JSON.parse(bad.stdout), { active: false, code: 'credential_malformed' })
    t.match(none, { code: 2, stdout: '', stderr: /Nothing came on standard input/ })
    t.match(argument, { code: 2, stdout: '' })
    t.notOk(argument.stderr.includes(ada.secret))
    const typed = await onTerminal(['keys', 'verify'], { answers: [['Credential: ', `${ada.secret}\n`]] })
    t.equal(typed.code, 0, typed.stdout)
    t.match(typed.stdout, /^user +ada@example\.org$/m)
    t.notOk(typed.stdout.includes(ada.secret), 'what is typed is not shown')
  },
)

t.test('refusals of the server show title, detail and code', async (t) => {
  const asKey = { LATCHKEY_USER: 'apikey', LATCHKEY_PASSWORD: ada.secret }
  const [mint, list] = await Promise.all([
    runWith(['keys', 'mint', 'ada@example.org'], { env: asKey }),
    runWith(['keys', 'list'], { env: asKey }),
  ])
  t.same(mint, {
    code: 1,
    stdout: '',
    stderr:
      'Not with this kind of credential: This call makes or changes power and is not open to keys: it takes a ' +
      'signed-in session or a service. [credential_not_accepted]\n',
  })
  t.match(list, { code: 1, stdout: '', stderr: /\[role_missing\]/ })
})
