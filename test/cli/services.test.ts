// `latchkey services`: list, show, add, rotate, remove over HTTP; adding on the machine itself is services-local.

import t from 'tap'
import { basic, startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'

const site = await startSite(t)
const { run, onTerminal } = await commandsFor(t, site)

const statusOf = async (nameAndSecret: string): Promise<number> => {
  const [name = '', secret = ''] = nameAndSecret.trim().split(':')
  return (await site.app.inject({ url: '/v1/me', headers: basic(name, secret) })).statusCode
}

t.test('services add prints NAME:SECRET alone, once; lists never show a secret', async (t) => {
  const added = await run('services', 'add', 'gateway', '--permissions', 'verify, mint', '--days', '7')
  t.equal(added.code, 0, added.stderr)
  t.equal(added.stderr, '')
  t.match(added.stdout, /^gateway:lkv_[0-9A-Za-z]{42}\n$/)
  t.equal(await statusOf(added.stdout), 200)
  const [listed, shown, table] = await Promise.all([
    run('services', 'list'),
    run('services', 'show', 'gateway'),
    onTerminal(['services', 'list'], { env: { NO_COLOR: '1' } }),
  ])
  t.match(JSON.parse(listed.stdout), [
    { name: 'first' },
    { name: 'gateway', permissions: ['verify', 'mint'] },
  ])
  t.match(JSON.parse(shown.stdout), { name: 'gateway', expiresAt: /^\d{4}-/ })
  t.match(table.stdout, /^gateway +verify, mint +/m)
  for (const { stdout } of [listed, shown, table]) t.notMatch(stdout, /lkv_/)
  const twice = await run('services', 'add', 'gateway', '--permissions', 'verify')
  t.match(twice, { code: 1, stdout: '', stderr: /\[service_exists\]/ })
})

t.test('services rotate: the old secret for the overlap only', async (t) => {
  const old = (await run('services', 'add', 'rotated', '--permissions', 'verify')).stdout
  const second = await run('services', 'rotate', 'rotated')
  t.match(second, { code: 0, stdout: /^rotated:lkv_\w+\n$/ })
  t.equal(await statusOf(old), 200)
  t.equal(await statusOf(second.stdout), 200)
  const third = await run('services', 'rotate', 'rotated', '--overlap-hours', '0')
  t.equal(await statusOf(second.stdout), 401)
  t.equal(await statusOf(third.stdout), 200)
  t.match(await run('services', 'rotate', 'nobody'), { code: 1, stderr: /\[service_not_found\]/ })
})

t.test('services remove asks first; the secret is refused at once', async (t) => {
  const added = (await run('services', 'add', 'removed', '--permissions', 'verify')).stdout
  t.match(await run('services', 'remove', 'removed'), { code: 2, stdout: '', stderr: /--yes/ })
  t.equal(await statusOf(added), 200)
  const question = 'Remove the service removed (last used: '
  const done = await onTerminal(['services', 'remove', 'removed'], { answers: [[question, 'y\n']] })
  t.equal(done.code, 0, done.stdout)
  t.equal(await statusOf(added), 401)
  t.match(await run('services', 'remove', 'removed', '--yes'), { code: 1, stderr: /\[service_not_found\]/ })
})

t.test('wrong usage is exit code 2', async (t) => {
  const wrong = [
    ['add', 'x'],
    ['add', 'x', '--permissions', 'everything'],
    ['add', 'x', '--permissions', 'verify', '--days', '0'],
    ['rotate', 'x', '--overlap-hours', '169'],
    ['remove', '..', '--yes'],
  ]
  for (const ended of await Promise.all(wrong.map((args) => run('services', ...args)))) {
    t.match(ended, { code: 2, stdout: '', stderr: /./ })
  }
})
