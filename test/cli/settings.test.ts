// `latchkey settings`: reading, changing from the state that was shown, and what a shorter lifetime would concern.

import t from 'tap'
import { startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'
import { startFront } from './front.ts'

const site = await startSite(t)
const { run, runWith, onTerminal, url } = await commandsFor(t, site)

const present = async () => (await site.app.inject({ url: '/v1/settings', headers: site.first })).json()

t.test('settings get: all of them, or one', async (t) => {
  const [all, one, screen, unknown] = await Promise.all([
    run('settings', 'get'),
    run('settings', 'get', 'apiKeyLifetimeDays'),
    onTerminal(['settings', 'get']),
    run('settings', 'get', 'toString'),
  ])
  t.same(JSON.parse(all.stdout), await present())
  t.same(one, { code: 0, stdout: 'null\n', stderr: '' })
  t.match(screen.stdout, /^apiKeysAllowed +on\napiKeyLifetimeDays +never$/m)
  t.match(unknown, { code: 2, stdout: '', stderr: /There is no such setting; there are siteName, / })
})

t.test(
  'settings set says what changes and whom a shorter lifetime concerns; a dry run only says it',
  async (t) => {
    await site.mint()
    const before = await present()
    const assignments = ['apiKeyLifetimeDays=30', 'sessionKeysAllowed=on', 'siteName=Keys = ours']
    const dry = await run('settings', 'set', ...assignments, '--dry-run')
    t.equal(dry.code, 0, dry.stderr)
    t.match(
      dry.stderr,
      'apiKeyLifetimeDays: never → 30\nsessionKeysAllowed: off → on\nsiteName: Latchkey → Keys = ours\n',
    )
    t.match(
      dry.stderr,
      /Of 1 live API key, 1 live longer than that and stay as they are; `latchkey keys clamp`/,
    )
    t.same(await present(), before)

    const set = await run('settings', 'set', ...assignments)
    t.equal(set.code, 0, set.stderr)
    const after = { ...before, apiKeyLifetimeDays: 30, sessionKeysAllowed: true, siteName: 'Keys = ours' }
    t.same(JSON.parse(set.stdout), after)
    t.same(await present(), after)
    const longer = await run('settings', 'set', 'apiKeyLifetimeDays=never')
    t.equal(longer.stderr, 'apiKeyLifetimeDays: 30 → never\n')
    const same = await run('settings', 'set', 'sessionKeysAllowed=yes')
    t.equal(same.stderr, 'All of that is so already.\n')
  },
)

t.test('settings that changed since they were shown are not overwritten', async (t) => {
  const front = await startFront(t, Number(new URL(url).port))
  front.onAnswered = () => {
    front.onAnswered = () => {}
    front.pause(async () => {
      await site.app.inject({
        method: 'PUT',
        url: '/v1/settings',
        headers: site.first,
        payload: { apiKeysPerUser: 7 },
      })
    })
  }
  const ended = await runWith(['settings', 'set', 'apiKeysPerUser=50'], { env: { LATCHKEY_URL: front.url } })
  t.match(ended, { code: 1, stdout: '', stderr: /\[settings_changed\] This command changed nothing\.$/m })
  t.equal((await present()).apiKeysPerUser, 7)
})

t.test(
  'values that do not fit are refused: by the command as wrong usage, by the server as a problem',
  async (t) => {
    const before = await present()
    const wrong = [
      ['apiKeysAllowed'],
      ['=on'],
      ['apiKeysAllowed=maybe'],
      ['apiKeysPerUser=many'],
      ['apiKeysPerUser=never'],
      ['apiKeysPerUser=5', 'apiKeysPerUser=6'],
      ['__proto__=1'],
      [],
    ]
    for (const ended of await Promise.all(wrong.map((args) => run('settings', 'set', ...args)))) {
      t.match(ended, { code: 2, stdout: '', stderr: /./ })
    }
    const refused = await run('settings', 'set', 'apiKeyLifetimeDays=8')
    t.match(refused, { code: 1, stdout: '', stderr: /\[request_invalid\]/ })
    t.same(await present(), before)
  },
)
