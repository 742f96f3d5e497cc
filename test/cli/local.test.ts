// Commands on the machine itself, with the embedded Redis of a real server: doctor on its folder, and adding a service,
// which is the way back in.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { freePort } from '../support/free-port.ts'
import { startRedis } from '../support/redis.ts'
import { basic, testPeppers } from '../support/site.ts'
import { until } from '../support/until.ts'
import { makeHome, runCommand, runOnTerminal } from './command.ts'

const home = await makeHome(t)
const folder = join(home, 'data')
const port = await freePort()
const env = { HOME: home, LATCHKEY_DATA: folder, PORT: String(port), LOG_LEVEL: 'error' }
const url = `http://127.0.0.1:${port}`

const findingsOf = async () => {
  const { code, stdout, stderr } = await runCommand(['doctor'], { env })
  const findings: { status: string; check: string; text: string }[] = JSON.parse(stdout)
  return { code, stderr, findings, bad: findings.filter(({ status }) => status === 'fail') }
}

t.test('doctor before the first start fails, and makes nothing', async (t) => {
  const { code, bad } = await findingsOf()
  t.equal(code, 1)
  t.match(bad, [{ check: 'data folder', text: /there is no .*start the server once/ }])
  await t.rejects(stat(folder), { code: 'ENOENT' })
})

t.test(
  'beside a running server: doctor is content, and a service can be added without credentials',
  async (t) => {
    const program = fileURLToPath(new URL('../../server.ts', import.meta.url))
    const server = spawn(process.execPath, [program], { env: { ...process.env, ...env }, stdio: 'ignore' })
    t.teardown(() => server.kill('SIGKILL'))
    const ended = once(server, 'close')
    const isReady = async (): Promise<boolean> =>
      await fetch(`${url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    await until('the server is ready', isReady)

    const { code, bad, findings } = await findingsOf()
    t.equal(code, 0)
    t.same(bad, [])
    t.match(
      findings.filter(({ status }) => status === 'warn').map(({ check }) => check),
      ['first-steps', 'first service'],
    )

    const args = ['services', 'add', 'rescue', '--permissions', 'admin,revoke', '--days', '1']
    const added = await runCommand(args, { env })
    t.match(added, { code: 0, stdout: /^rescue:lkv_\w{42}\n$/, stderr: '' })
    const [name = '', secret = ''] = added.stdout.trim().split(':')
    const me = await fetch(`${url}/v1/me`, { headers: basic(name, secret) })
    t.equal(me.status, 200)
    t.match(await me.json(), { service: { name: 'rescue', permissions: ['admin', 'revoke'] } })

    const wrong = { LATCHKEY_URL: url, LATCHKEY_USER: 'nobody', LATCHKEY_PASSWORD: 'wrong' }
    const [remote, local] = await Promise.all([
      runCommand(['services', 'add', 'remote', '--permissions', 'verify'], { env: { ...env, ...wrong } }),
      runOnTerminal(['services', 'add', 'local', '--permissions', 'verify', '--local'], {
        env: { ...env, ...wrong },
      }),
    ])
    t.match(remote, { code: 1, stdout: '' }, 'with credentials it goes over HTTP')
    t.equal(local.code, 0, local.stdout)
    t.match(local.stdout, /^local:lkv_\w{42}\nExpires: never\. This is the only time/)
    server.kill('SIGTERM')
    await ended
  },
)

t.test(
  'with the server stopped it works, too; what is wrong with the folder is told and not mended',
  async (t) => {
    const twice = await runCommand(['services', 'add', 'rescue', '--permissions', 'admin'], { env })
    t.match(twice, { code: 1, stdout: '', stderr: /service of this name/ })
    await chmod(folder, 0o755)
    await chmod(join(folder, 'peppers'), 0o644)
    const loose = await findingsOf()
    t.equal(loose.code, 1)
    t.match(loose.bad, [
      { check: 'data folder', text: /mode 755\): chmod 700/ },
      { check: 'peppers', text: /mode 644\): chmod 600/ },
    ])
    await chmod(folder, 0o700)
    await chmod(join(folder, 'peppers'), 0o600)
    t.equal((await findingsOf()).code, 0)
  },
)

t.test('a data folder and a Redis that do not belong together fail', async (t) => {
  await writeFile(join(folder, 'site'), 'Zzzz\n')
  const { code, bad } = await findingsOf()
  t.equal(code, 1)
  t.match(bad, [{ check: 'site', text: /Redis holds site \w{4}, the data folder belongs to Zzzz/ }])
})

t.test('latchkey init makes the site of an external Redis, once', async (t) => {
  const redis = await startRedis(t)
  const external = { HOME: home, REDIS_URL: redis.url, LATCHKEY_PEPPERS: testPeppers }
  const first = await runCommand(['init'], { env: external })
  t.match(first, { code: 0, stderr: '' })
  t.notMatch(first.stdout, /lkv_/, 'without a terminal the secret goes into a file')
  const path = /is in (\S+) \(yours only\)/.exec(first.stdout)?.[1] ?? ''
  t.match(await readFile(path, 'utf8'), /FIRST=first:lkv_\w{42}/)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  const again = await runCommand(['init'], { env: external })
  t.match(again, { code: 0, stdout: 'There is a site already; nothing was changed.\n' })
  const without = await runCommand(['init'], { env: { HOME: home, REDIS_URL: redis.url } })
  t.match(without, { code: 1, stdout: '', stderr: /LATCHKEY_PEPPERS is needed/ })
})
