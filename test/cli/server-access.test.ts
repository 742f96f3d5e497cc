// Where the command finds the server and its credentials: environment, --config, the default file; never mixed, never
// readable by others, never printed.

import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { defaultConfigPath, readServerAccess, readServerOrigin } from '../../cli/server-access.ts'
import { readConfig } from '../../config.ts'
import { makeHome, runCommand } from './command.ts'

const password = 'a password that must not show'
const environment = {
  LATCHKEY_URL: 'https://keys.example.org/',
  LATCHKEY_USER: 'gateway',
  LATCHKEY_PASSWORD: password,
}

const home = await makeHome(t)
const file = join(home, '.config', 'latchkey', 'config.json')
await mkdir(join(home, '.config', 'latchkey'), { recursive: true })

async function write(content: unknown, mode = 0o600): Promise<void> {
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  await chmod(file, mode)
}

/** What is refused, as wrong usage and without the password. */
async function refusal(t: Test, env: Record<string, string>, path?: string): Promise<string> {
  try {
    await readServerAccess(env, path)
  } catch (error) {
    t.match(error, { name: 'Failure', exitCode: 2 })
    t.notOk(inspect(error).includes(password))
    return error instanceof Error ? error.message : ''
  }
  return 'it was taken'
}

t.test('the environment: all three or none', async (t) => {
  const access = await readServerAccess(environment, undefined)
  t.match(access, { origin: 'https://keys.example.org', user: 'gateway' })
  t.equal(access?.password.reveal(), password)
  t.notOk(inspect(access).includes(password))
  t.notOk(JSON.stringify(access).includes(password))
  t.equal(await readServerAccess({ HOME: join(home, 'nobody') }, undefined), null)
  const { LATCHKEY_URL: _, ...withoutUrl } = environment
  t.match(await refusal(t, withoutUrl), /^LATCHKEY_URL missing/)
  t.match(
    await refusal(t, { LATCHKEY_URL: 'https://a.example' }),
    /^LATCHKEY_USER and LATCHKEY_PASSWORD missing/,
  )
})

t.test('addresses that are no origin are refused, and not repeated', async (t) => {
  const addresses = [
    `https://user:${password}@keys.example.org`,
    'https://keys.example.org/v1',
    'https://keys.example.org/?x',
    'ftp://keys.example.org',
    'keys.example.org',
    '   ',
  ]
  for (const url of addresses) {
    t.match(
      await refusal(t, { ...environment, LATCHKEY_URL: url }),
      /^LATCHKEY_URL must be an http or https address/,
    )
  }
  t.match(await refusal(t, { ...environment, LATCHKEY_USER: 'a:b' }), /^LATCHKEY_USER must be/)
})

t.test(
  'the file: in XDG_CONFIG_HOME or ~/.config; the environment goes before it, --config before both',
  async (t) => {
    t.equal(defaultConfigPath({ HOME: home }), file)
    t.equal(defaultConfigPath({ HOME: home, XDG_CONFIG_HOME: '/etc/x' }), '/etc/x/latchkey/config.json')
    t.equal(defaultConfigPath({ HOME: home, XDG_CONFIG_HOME: 'relative' }), file)
    await write({ url: 'http://localhost:3000', user: 'apikey', password })
    const fromFile = { origin: 'http://localhost:3000', user: 'apikey' }
    t.match(await readServerAccess({ HOME: home }, undefined), fromFile)
    t.match(await readServerAccess({ ...environment, HOME: home }, undefined), { user: 'gateway' })
    t.match(await readServerAccess({ ...environment, HOME: home }, file), fromFile)
    t.match(await refusal(t, environment, join(home, 'absent.json')), /^There is no file/)
    const half = { HOME: home, LATCHKEY_URL: 'https://elsewhere.example' }
    t.match(
      await refusal(t, half),
      /missing/,
      "the file's password is not sent to the address of the environment",
    )
  },
)

t.test('a file that others can open, or that is no file, is refused with what to do', async (t) => {
  for (const mode of [0o640, 0o604, 0o620, 0o666]) {
    await write({ url: 'http://localhost:3000', user: 'apikey', password }, mode)
    t.match(await refusal(t, { HOME: home }), new RegExp(`can be opened by other users .*chmod 600 ${file}`))
  }
  await chmod(file, 0o400)
  t.match(await readServerAccess({ HOME: home }, undefined), { user: 'apikey' })
  await chmod(file, 0o644)
  const link = join(home, 'link.json')
  await symlink(file, link)
  t.match(await refusal(t, {}, link), /can be opened by other users/, 'the file counts, not the link')
  t.match(await refusal(t, {}, home), /is not a file/)
  if (process.getuid?.() === 0) {
    const { chown } = await import('node:fs/promises')
    await chmod(file, 0o600)
    await chown(file, 12_345, 12_345)
    t.match(await refusal(t, { HOME: home }), /belongs to another user \(uid 12345\)/)
    await chown(file, 0, 0)
  }
})

t.test('a file with anything else in it is refused, and not quoted', async (t) => {
  const wrong = [
    `{"url": "http://localhost:3000", "user": "apikey", "password": "${password}"`,
    { url: 'http://localhost:3000', user: 'apikey' },
    { url: 'http://localhost:3000', user: 'apikey', password, token: 'x' },
    { url: 'http://localhost:3000', user: 7, password },
    [],
    null,
    '',
  ]
  for (const content of wrong) {
    await write(content)
    t.match(await refusal(t, { HOME: home }), /must hold \{"url"/, JSON.stringify(content))
  }
  await write({ url: 'nonsense', user: 'apikey', password })
  t.match(await refusal(t, { HOME: home }), new RegExp(`"url" in ${file} must be`))
})

t.test('the address alone needs no credentials', async (t) => {
  t.equal(await readServerOrigin({ LATCHKEY_URL: 'https://a.example' }, undefined), 'https://a.example')
  t.equal(await readServerOrigin({ HOME: join(home, 'nobody') }, undefined), null)
})

t.test("the command's variables are no mistyped settings of the server", async (t) => {
  t.match(readConfig(environment), { port: 3000 })
})

t.test('without a configured server: exit code 2, and how to configure one', async (t) => {
  const elsewhere = await makeHome(t)
  const ended = await runCommand(['keys', 'count'], { env: { HOME: elsewhere } })
  t.match(ended, { code: 2, stdout: '', stderr: /No server is configured\. Set LATCHKEY_URL/ })
  t.match(ended.stderr, join(elsewhere, '.config/latchkey/config.json'))
})
