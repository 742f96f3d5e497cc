// The `latchkey` command as a child process, with nothing of this machine in its environment: without a terminal, and on
// one that util-linux `script` makes.

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { TestSite } from '../support/site.ts'

const program = fileURLToPath(new URL('../../cli/latchkey.ts', import.meta.url))
/** Longer than any command takes here, shorter than the patience of the test file. */
const longestMs = 60_000

export interface Ended {
  readonly code: number | null
  /** On a terminal: everything that was on the screen, line breaks as `\n`. */
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Standard input, which ends after it. */
  readonly input?: string
}

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly columns?: number
  /** What is typed once the screen shows the text; line break included. */
  readonly answers?: readonly (readonly [shown: string, typed: string])[]
}

export type Run = (...args: readonly string[]) => Promise<Ended>

/** Where the command finds the server and itself: a new home folder, removed after the test. */
export async function makeHome(t: Test): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  t.teardown(async () => await rm(home, { recursive: true, force: true }))
  return home
}

/** The environment of the service of this header, at this address. */
export function credentialsOf(
  url: string,
  { authorization }: { readonly authorization: string },
): Record<string, string> {
  const [user = '', password = ''] = Buffer.from(authorization.slice('Basic '.length), 'base64')
    .toString()
    .split(/:(.*)/s)
  return { LATCHKEY_URL: url, LATCHKEY_USER: user, LATCHKEY_PASSWORD: password }
}

export interface Commands {
  readonly env: Readonly<Record<string, string>>
  readonly url: string
  readonly home: string
  /** By the service `first`, without a terminal. */
  readonly run: Run
  readonly runWith: (args: readonly string[], options?: RunOptions) => Promise<Ended>
  readonly onTerminal: (args: readonly string[], options?: TerminalOptions) => Promise<Ended>
}

/** The command against an instance that listens. */
export async function commandsFor(
  t: Test,
  site: Pick<TestSite, 'listen' | 'first'>,
  address?: string,
): Promise<Commands> {
  const home = await makeHome(t)
  const url = address ?? (await site.listen())
  const env = { HOME: home, ...credentialsOf(url, site.first) }
  const runWith: Commands['runWith'] = async (args, options = {}) =>
    await runCommand(args, { ...options, env: { ...env, ...options.env } })
  return {
    env,
    url,
    home,
    runWith,
    run: (...args) => runWith(args),
    onTerminal: async (args, options = {}) =>
      await runOnTerminal(args, { ...options, env: { ...env, ...options.env } }),
  }
}

export async function runCommand(
  args: readonly string[],
  { env = {}, input = '' }: RunOptions = {},
): Promise<Ended> {
  return await finish(process.execPath, [program, ...args], env, (child) => child.stdin.end(input))
}

export async function runOnTerminal(
  args: readonly string[],
  { env = {}, columns = 120, answers = [] }: TerminalOptions = {},
): Promise<Ended> {
  const command = [process.execPath, program, ...args].map(quote).join(' ')
  const script = `stty cols ${columns} rows 50; exec ${command}`
  const waiting = [...answers]
  const ended = await finish('script', ['-qec', script, '/dev/null'], env, (child) => {
    let screen = ''
    child.stdout.on('data', (chunk) => {
      screen += String(chunk)
      const [next] = waiting
      if (next === undefined || !screen.includes(next[0])) return
      waiting.shift()
      screen = ''
      child.stdin.write(next[1].replace('\n', '\r'))
    })
  })
  return { ...ended, stdout: ended.stdout.replaceAll('\r\n', '\n') }
}

type Child = ReturnType<typeof start>

async function finish(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  begin: (child: Child) => void,
): Promise<Ended> {
  const child = start(file, args, env)
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    texts.stdout += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    texts.stderr += String(chunk)
  })
  child.stdin.on('error', () => {})
  begin(child)
  const timer = setTimeout(() => child.kill('SIGKILL'), longestMs)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  clearTimeout(timer)
  return { code, ...texts }
}

/** For tests that do something to a command while it runs. */
export function startCommand(args: readonly string[], env: Readonly<Record<string, string>>): Child {
  return start(process.execPath, [program, ...args], env)
}

function start(file: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  // Node keeps what it compiled in the home folder: many short commands are several times faster.
  const cache = env.HOME === undefined ? {} : { NODE_COMPILE_CACHE: join(env.HOME, '.compiled') }
  return spawn(file, args, {
    env: { PATH: process.env.PATH, TZ: 'UTC', TERM: 'xterm', SHELL: '/bin/sh', ...cache, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
