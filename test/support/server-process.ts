// The real `node server.ts` and the real command line as child processes of a tap test, with nothing of our own
// environment but the PATH. What a test starts is gone after it.

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'
import { isAlive } from './redis.ts'
import { basic } from './site.ts'
import { until } from './until.ts'

const projectFolder = join(import.meta.dirname, '..', '..')

export type Environment = Readonly<Record<string, string>>

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface RunningProcess {
  readonly pid: number
  /** All it printed so far. */
  readonly output: { stdout: string; stderr: string }
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
}

export interface ServerProcess extends RunningProcess {
  readonly port: number
  /** `http://127.0.0.1:port` */
  readonly url: string
}

/** A private folder for one test, with a place for data, a home and temporary files. Removed after the test. */
export interface Workplace {
  readonly data: string
  readonly home: string
  readonly environment: Environment
}

export async function makeWorkplace(t: Test): Promise<Workplace> {
  const home = await mkdtemp(join(tmpdir(), 'lk-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const data = join(home, 'data')
  return { data, home, environment: { HOME: home, TMPDIR: home, LATCHKEY_DATA: data } }
}

/** Starts a program of the project. Killed after the test, should it still run. */
export function startProcess(
  t: Test,
  environment: Environment,
  command: readonly [program: string, ...args: string[]],
): RunningProcess {
  const [program, ...args] = command
  const child: ChildProcess = spawn(program, args, {
    cwd: projectFolder,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code: number | null, signal: NodeJS.Signals | null) => resolve({ code, signal })),
  )
  const kill = (signal: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
  }
  t.teardown(async () => {
    kill('SIGKILL')
    await ended
  })
  return { pid: child.pid ?? 0, output, ended, kill }
}

/** Arguments for Node, before the program. */
export interface ServerOptions {
  readonly nodeArguments?: readonly string[]
  /** Listens here, or fails; left out: on any free port. */
  readonly port?: number
}

/** Starts the server and waits until it listens. @throws Error with what it said when it ended instead */
export async function startServer(
  t: Test,
  environment: Environment,
  { nodeArguments = [], port }: ServerOptions = {},
): Promise<ServerProcess> {
  for (let tries = 0; ; tries++) {
    const chosen = port ?? (await freePort())
    const running = startProcess(t, { ...environment, PORT: String(chosen) }, [
      process.execPath,
      ...nodeArguments,
      'server.ts',
    ])
    const url = `http://127.0.0.1:${chosen}`
    let end: Ended | null = null
    void running.ended.then((how) => {
      end = how
    })
    await until('the server listens or ends', async () => end !== null || (await listens(url)), 60_000)
    if (end === null) return { ...running, port: chosen, url }
    const isTaken = port === undefined && running.output.stderr.includes('EADDRINUSE') && tries < 5
    if (!isTaken) throw new Error(`the server ended: ${JSON.stringify(end)} ${running.output.stderr}`)
  }
}

/** Runs the server where it is expected to end by itself. */
export async function runServer(
  t: Test,
  environment: Environment,
): Promise<Ended & RunningProcess['output']> {
  const running = startProcess(t, environment, [process.execPath, 'server.ts'])
  return { ...(await running.ended), ...running.output }
}

/** Runs the `latchkey` command. */
export async function runCommand(
  t: Test,
  environment: Environment,
  ...args: string[]
): Promise<Ended & RunningProcess['output']> {
  const running = startProcess(t, environment, [process.execPath, 'cli/latchkey.ts', ...args])
  return { ...(await running.ended), ...running.output }
}

/** Ends a server as an orchestrator does. */
export async function stop(server: RunningProcess): Promise<Ended> {
  server.kill('SIGTERM')
  return await server.ended
}

/** Process id of the embedded Redis that runs on this data folder. */
export async function redisPidOf(data: string): Promise<number> {
  const socketPath = (await readFile(join(data, 'redis.socket'), 'utf8')).trim()
  const redis = new Redis(socketPath, { retryStrategy: () => null }).on('error', () => {})
  const found = /process_id:(\d+)/.exec(await redis.info('server'))
  redis.disconnect()
  return Number(found?.[1])
}

export async function untilGone(pid: number): Promise<void> {
  await until(`process ${pid} is gone`, () => !isAlive(pid))
}

/** Authorization of the service `first`, from the file that a first start without a terminal wrote. */
export async function readFirst(path: string): Promise<{ readonly authorization: string }> {
  const secret = /FIRST=first:(lkv_\w+)/.exec(await readFile(path, 'utf8'))?.[1]
  if (secret === undefined) throw new Error(`no secret in ${path}`)
  return basic('first', secret)
}

async function listens(url: string): Promise<boolean> {
  return await fetch(`${url}/health/live`).then(
    async (answer) => (await answer.text()) !== '',
    () => false,
  )
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** One request with a JSON answer. */
export async function ask(
  server: Pick<ServerProcess, 'url'>,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  payload?: object,
): Promise<Answer> {
  const body = payload === undefined ? {} : { body: JSON.stringify(payload) }
  const type = payload === undefined ? {} : { 'content-type': 'application/json' }
  const answer = await fetch(`${server.url}${path}`, { method, headers: { ...headers, ...type }, ...body })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) }
}

/** Command lines of running processes that name this folder. */
export function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .filter((commandLine) => commandLine.includes(folder))
}
