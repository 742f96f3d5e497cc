import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freePort } from '../support/free-port.ts'
import {
  ask,
  type Environment,
  makeWorkplace,
  readFirst,
  redisPidOf,
  type ServerProcess,
  startProcess,
  startServer,
  stop,
  untilGone,
} from '../support/server-process.ts'
import { basic } from '../support/site.ts'
import { until } from '../support/until.ts'

t.test('a first start without a terminal', async (t) => {
  const { data, home, environment } = await makeWorkplace(t)
  const server = await startServer(t, environment)
  const path = join(data, 'first-steps')

  t.test('prints the path of a file that only its owner can read, and no secret', async (t) => {
    t.match(server.output.stdout, path)
    t.equal(statSync(path).mode & 0o777, 0o600)
    t.equal(statSync(data).mode & 0o777, 0o700)
    t.notMatch(server.output.stdout + server.output.stderr, /lk[a-z]_\w/)
    t.match(readFileSync(path, 'utf8'), /^={60,}\n[\s\S]+\n={60,}\n$/)
  })

  t.test('the first service has every permission and ends after exactly a day', async (t) => {
    const { body } = await ask(server, 'GET', '/v1/me', await readFirst(path))
    t.match(body, {
      active: true,
      kind: 'service',
      service: { name: 'first', permissions: ['verify', 'sessions', 'mint', 'revoke', 'admin'] },
    })
    const services = await ask(server, 'GET', '/v1/admin/services', await readFirst(path))
    const [first] = services.body.items as { createdAt: string; expiresAt: string }[]
    t.equal(Date.parse(first?.expiresAt ?? '') - Date.parse(first?.createdAt ?? ''), 86_400_000)
  })

  t.test('threat 41: there are no default credentials: nothing that people guess gets in', async (t) => {
    const names = [
      '',
      'admin',
      'administrator',
      'root',
      'first',
      'apikey',
      'latchkey',
      'redis',
      'test',
      'guest',
    ]
    const passwords = [
      '',
      'admin',
      'password',
      'latchkey',
      'changeme',
      'secret',
      'first',
      '123456',
      'lkv_',
      'null',
    ]
    const answers = await Promise.all(
      names.flatMap((name) =>
        passwords.map(async (password) => {
          const { status, headers } = await ask(server, 'GET', '/v1/me', basic(name, password))
          return `${status} ${headers.get('www-authenticate')?.split(' ')[0]}`
        }),
      ),
    )
    t.equal(answers.length, 100)
    t.same(new Set(answers), new Set(['401 Basic']))
    for (const nothing of ['Basic Og==', 'Basic', 'Bearer', 'Basic =', 'Bearer null']) {
      t.equal((await ask(server, 'GET', '/v1/me', { authorization: nothing })).status, 401, nothing)
    }
    t.equal((await ask(server, 'GET', '/v1/me', {})).status, 401)
  })

  t.test('the lines of the file work when they are pasted into a shell, in their order', async (t) => {
    const lines = readFileSync(path, 'utf8').split('\n')
    const assignments = lines.filter((line) => /^ +(URL|FIRST)=/.test(line)).join('\n')
    const [allow = '', mint = '', use = '', revoke = '', ...more] = lines.filter((line) =>
      /^ +curl /.test(line),
    )
    t.same(more, [])
    const paste = (line: string): string => {
      const run = spawnSync('bash', ['-c', `${assignments}\n${line}`], { encoding: 'utf8' })
      if (run.status !== 0) throw new Error(run.stderr)
      return run.stdout
    }
    t.match(JSON.parse(paste(allow)), { apiKeysAllowed: true })
    const minted = JSON.parse(paste(mint))
    t.match(minted, { kind: 'api-key', user: 'ada@example.org', secret: /^lka_/ })
    const useKey = use.replace('KEY', minted.secret)
    t.match(JSON.parse(paste(useKey)), { active: true, id: minted.id, user: { name: 'ada@example.org' } })

    const netrc = join(home, 'netrc')
    writeFileSync(netrc, `machine localhost\nlogin apikey\npassword ${minted.secret}\n`, { mode: 0o600 })
    const byNetrc = `curl --netrc-file ${netrc} -i $URL/v1/me`
    t.match(paste(byNetrc), /^HTTP\/1.1 200 /)

    const verify = `curl -u $FIRST $URL/v1/verify -H 'content-type: application/json' -d '{"credential":"${minted.secret}"}'`
    t.match(JSON.parse(paste(verify)), { active: true, id: minted.id })
    t.same(JSON.parse(paste(revoke)), { revoked: 1 })
    for (const line of [`${useKey} -i`, byNetrc]) {
      const refused = paste(line)
      t.match(refused, /^HTTP\/1.1 401 /)
      t.match(refused, /^www-authenticate: Basic realm="[^"]+", charset="UTF-8"\r$/im)
      t.match(refused, '"code":"credential_invalid"')
    }
    t.match(JSON.parse(paste(verify)), { active: false, code: 'credential_invalid' })
  })

  t.test('a second start prints no secret and makes no second site', async (t) => {
    const before = readFileSync(path, 'utf8')
    t.same(await stop(server), { code: 0, signal: null })
    const again = await startServer(t, environment)
    t.notMatch(again.output.stdout, /first-steps|lkv_|=====/)
    t.equal(readFileSync(path, 'utf8'), before)
    t.equal((await ask(again, 'GET', '/v1/me', await readFirst(path))).status, 200)
    t.same(await stop(again), { code: 0, signal: null })
  })
})

t.test(
  'a first start on a terminal shows the secret there, between two lines, and writes it nowhere',
  async (t) => {
    const { data, environment } = await makeWorkplace(t)
    const server = await startOnTerminal(t, environment)
    const screen = server.output.stdout.replaceAll('\r\n', '\n')
    const [, block = '', ...rest] = screen.split(/^={60,}\n/m)
    const secret = /FIRST=first:(lkv_\w+)/.exec(block)?.[1] ?? ''
    t.match(secret, /^lkv_\w{42}$/)
    t.equal(rest.length, 1, 'there is one block')
    t.notMatch(screen.replace(block, ''), secret.slice(4), 'it is in no line of the log')
    t.equal((await ask(server, 'GET', '/v1/me', basic('first', secret))).status, 200)
    const grep = spawnSync('grep', ['-rlF', secret.slice(8), data])
    t.equal(grep.status, 1, 'nor in any file of the data folder')

    const redisPid = await redisPidOf(data)
    server.kill('SIGTERM')
    await server.ended
    await untilGone(redisPid)
    t.equal(server.output.stdout.split(secret).length, 2, 'it was shown once')
    const again = await startOnTerminal(t, environment)
    t.notMatch(again.output.stdout, /lkv_|=====/, 'and the next start does not show it')
    again.kill('SIGTERM')
    await again.ended
  },
)

/** Under util-linux's script, whose only child the server is. */
async function startOnTerminal(t: Test, environment: Environment): Promise<ServerProcess> {
  const port = await freePort()
  const command = `exec ${process.execPath} server.ts`
  const shell = startProcess(t, { ...environment, PORT: String(port), SHELL: '/bin/sh' }, [
    'script',
    '-qec',
    command,
    '/dev/null',
  ])
  await until(
    'the server says where it listens',
    () => shell.output.stdout.includes('Latchkey listens on'),
    60_000,
  )
  const [pid = 0] = readFileSync(`/proc/${shell.pid}/task/${shell.pid}/children`, 'utf8')
    .split(' ')
    .map(Number)
  return {
    ...shell,
    pid,
    port,
    url: `http://127.0.0.1:${port}`,
    kill: (signal) => void process.kill(pid, signal),
  }
}
