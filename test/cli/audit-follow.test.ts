// `latchkey audit --follow`: every event once, over breaks of the connection, until it must end.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import t from 'tap'
import { startSite } from '../support/site.ts'
import { until } from '../support/until.ts'
import { commandsFor, startCommand } from './command.ts'
import { startFront } from './front.ts'

const site = await startSite(t)
const { run, env, url } = await commandsFor(t, site)

t.test('following shows every event once, in order, over a restart of the server', async (t) => {
  const front = await startFront(t, Number(new URL(url).port))
  const child = startCommand(['audit', '--follow', '--action', 'api-key'], {
    ...env,
    LATCHKEY_URL: front.url,
  })
  t.teardown(() => child.kill('SIGKILL'))
  const subjects: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => subjects.push(JSON.parse(line).subject))
  let isFollowing = false
  front.onAnswered = (sent) => {
    isFollowing ||= sent.includes('follow=true')
  }
  await until('the command follows', () => isFollowing)
  await site.mint('cem@example.org')
  await until('the first event came', () => subjects.length === 1)
  front.goAway()
  await site.mint('dee@example.org')
  await until('the command came back in vain', () => front.cut >= 1)
  front.port = Number(new URL(url).port)
  await site.mint('eve@example.org')
  await until('all events came', () => subjects.includes('eve@example.org'))
  t.same(subjects, ['cem@example.org', 'dee@example.org', 'eve@example.org'])
  child.kill('SIGINT')
  await once(child, 'close')
})

t.test(
  'following ends with 3 when the server stays away, with 1 when the credential is revoked',
  async (t) => {
    const front = await startFront(t, Number(new URL(url).port))
    const away = startCommand(['audit', '--follow', '--timeout', '1'], { ...env, LATCHKEY_URL: front.url })
    front.onAnswered = (sent) => {
      if (sent.includes('follow=true')) front.goAway()
    }
    const [code] = await once(away, 'close')
    t.equal(code, 3)

    const added = await run('services', 'add', 'watcher', '--permissions', 'admin')
    const again = await startFront(t, Number(new URL(url).port))
    let isFollowing = false
    again.onAnswered = (sent) => {
      isFollowing ||= sent.includes('follow=true')
    }
    const password = added.stdout.trim().split(':')[1] ?? ''
    const own = { LATCHKEY_URL: again.url, LATCHKEY_USER: 'watcher', LATCHKEY_PASSWORD: password }
    const child = startCommand(['audit', '--follow'], { ...env, ...own })
    let lines = ''
    let errors = ''
    child.stdout.on('data', (chunk) => {
      lines += String(chunk)
    })
    child.stderr.on('data', (chunk) => {
      errors += String(chunk)
    })
    const ended = once(child, 'close')
    await until('the command follows', () => isFollowing)
    await site.mint('fay@example.org')
    await until('an event came', () => lines.includes('fay@example.org'))
    await run('services', 'remove', 'watcher', '--yes')
    const [revokedCode] = await ended
    t.equal(revokedCode, 1)
    t.match(errors, /\[credential_invalid\]/)
    t.notMatch(lines, 'service.removed')
  },
)
