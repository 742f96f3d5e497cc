// `latchkey netrc`: the file on disk is private and replaced as a whole, also when the command is killed. What
// netrc check finds: netrc-check.

import { once } from 'node:events'
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import t from 'tap'
import { readDatabase } from '../support/database.ts'
import { startSite } from '../support/site.ts'
import { until } from '../support/until.ts'
import { commandsFor, makeHome, startCommand } from './command.ts'

const site = await startSite(t)
const { run, runWith, env, home } = await commandsFor(t, site)
const file = join(home, '.netrc')
const key = await site.mint('ada@example.org')

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

t.test('a key from standard input: the file is made 0600, and the key is in no output', async (t) => {
  const ended = await runWith(['netrc', 'write'], { input: `${key.secret}\n` })
  t.equal(ended.code, 0, ended.stderr)
  t.same(JSON.parse(ended.stdout), { file, machine: '127.0.0.1', login: 'apikey' })
  t.notMatch(ended.stdout + ended.stderr, key.secret)
  t.equal(await readFile(file, 'utf8'), `machine 127.0.0.1\n  login apikey\n  password ${key.secret}\n`)
  t.equal(await modeOf(file), 0o600)
  const checked = await run('netrc', 'check')
  t.equal(checked.code, 0, checked.stdout)
  t.match(JSON.parse(checked.stdout), [
    { status: 'ok', check: 'file' },
    { status: 'ok', check: 'entry' },
    { status: 'ok', check: 'key' },
    { status: 'ok', check: 'server', text: /takes the key for ada@example\.org; it expires: never/ },
  ])
  t.notMatch(checked.stdout + checked.stderr, key.secret)
})

t.test('a loose file becomes private; a link stays a link, also one that leads nowhere yet', async (t) => {
  const folder = await makeHome(t)
  const target = join(folder, 'dotfiles', 'netrc')
  await mkdir(join(folder, 'dotfiles'))
  const link = join(folder, '.netrc')
  await symlink('dotfiles/netrc', link)
  const write = ['netrc', 'write', '--file', link, '--host', 'h.example'] as const
  const fresh = await runWith(write, { input: key.secret })
  t.equal(fresh.code, 0, fresh.stderr)
  t.ok((await lstat(link)).isSymbolicLink())
  t.equal(await readlink(link), 'dotfiles/netrc')
  t.match(await readFile(target, 'utf8'), `password ${key.secret}`)

  await writeFile(target, 'machine other login a password \xe4\r\n', 'latin1')
  await chmod(target, 0o644)
  const again = await runWith(write, { input: key.secret })
  t.equal(again.code, 0, again.stderr)
  t.equal(await modeOf(target), 0o600)
  t.match(await readFile(target, 'latin1'), /^machine other login a password \xe4\r\nmachine h\.example\r\n/)
  t.same(await readdir(join(folder, 'dotfiles')), [basename(target)], 'nothing is left beside it')
})

t.test('netrc write --mint makes a key for the file; a file that is refused costs no key', async (t) => {
  const folder = await makeHome(t)
  const own = join(folder, 'own')
  const minted = await run('netrc', 'write', '--mint', 'bob@example.org', '--file', own)
  t.equal(minted.code, 0, minted.stderr)
  const secret = /password (lka_\w+)/.exec(await readFile(own, 'utf8'))?.[1] ?? ''
  t.equal((await runWith(['keys', 'verify'], { input: secret })).code, 0)
  t.notMatch(minted.stdout + minted.stderr, secret)
  const listed = JSON.parse((await run('keys', 'list', '--user', 'bob@example.org')).stdout)
  t.match(listed, [{ description: '127.0.0.1 in .netrc' }])

  await writeFile(own, 'machine a password my secret words\n', { mode: 0o600 })
  await site.lastUsed.flush()
  const before = await readDatabase(site.server.command)
  const refused = await run('netrc', 'write', '--mint', 'bob@example.org', '--file', own)
  t.match(refused, { code: 1, stdout: '', stderr: /was not changed\. Line 1 cannot be read/ })
  t.notMatch(refused.stderr, 'secret words')
  const nowhere = await run('netrc', 'write', '--mint', 'bob@example.org', '--file', join(folder, 'no', 'x'))
  t.match(nowhere, { code: 1, stdout: '' })
  await site.lastUsed.flush()
  const after = await readDatabase(site.server.command)
  for (const name of before.keys())
    if (!name.includes('used')) t.equal(after.get(name), before.get(name), name)
  t.equal(await readFile(own, 'utf8'), 'machine a password my secret words\n')
})

t.test('what is no key, and what is no machine, is not written', async (t) => {
  const before = await readFile(file, 'utf8')
  const keys = [
    'lka_a b',
    'lka_"x"',
    `${key.secret}x`,
    key.secret.slice(0, -1),
    `${key.secret}\n\n`,
    'lkv_x',
    '',
  ]
  for (const input of keys) {
    const ended = await runWith(['netrc', 'write'], { input })
    t.match(ended, { code: 2, stdout: '', stderr: /./ }, JSON.stringify(input))
  }
  const inArguments = await run('netrc', 'write', key.secret)
  t.match(inArguments, { code: 2, stdout: '' })
  t.notMatch(inArguments.stderr, key.secret)
  for (const host of ['keys.example.org:443', 'https://keys.example.org', 'a b', '', '-x']) {
    const ended = await runWith(['netrc', 'write', `--host=${host}`], { input: key.secret })
    t.match(ended, { code: 2, stdout: '', stderr: /without a port/ }, host)
  }
  t.equal(await readFile(file, 'utf8'), before)
})

t.test('killed in the middle, the command leaves the old file or the new one, whole', async (t) => {
  const folder = await makeHome(t)
  const own = join(folder, 'netrc')
  // Large, so that writing it takes a while.
  const old = 'machine other.example login ada password x\n'.repeat(40_000)
  await writeFile(own, old, { mode: 0o600 })
  const written = `${old}machine h.example\n  login apikey\n  password ${key.secret}\n`
  for (let round = 0; round < 3; round++) {
    const child = startCommand(['netrc', 'write', '--file', own, '--host', 'h.example'], env)
    child.stdin.end(key.secret)
    const closed = once(child, 'close')
    await until('the command writes beside the file', async () => {
      const drafts = (await readdir(folder)).filter((name) => name !== 'netrc')
      return drafts.length > round || child.exitCode !== null
    })
    child.kill('SIGKILL')
    await closed
    const found = await readFile(own, 'utf8')
    t.ok(found === old || found === written, 'whole')
  }
  for (const name of await readdir(folder)) t.equal(await modeOf(join(folder, name)), 0o600, name)
  const last = await runWith(['netrc', 'write', '--file', own, '--host', 'h.example'], { input: key.secret })
  t.equal(last.code, 0, last.stderr)
  t.ok((await readFile(own, 'utf8')) === written)
})
