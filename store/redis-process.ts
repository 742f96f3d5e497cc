// The child process of the embedded Redis as a process: how it is started, how its end is told, how it is made
// to end. It knows nothing of Redis. Only ./embedded-redis.ts calls it.

import { type ChildProcess, spawn } from 'node:child_process'

const STOP_TIMEOUT_MS = 10_000
const LAST_OUTPUT_TIMEOUT_MS = 200
const KEPT_OUTPUT_LINES = 20
const KEPT_OUTPUT_CHARACTERS = 8_000

export interface Ending {
  exitCode: number | null
  /** A sentence without its full stop: how it ended, and its last lines of output. */
  text: string
}

export function spawnDetached(command: string[], searchPath: string): ChildProcess {
  const [program = '', ...programArguments] = command
  return spawn(program, programArguments, {
    // Its own process group: Ctrl-C in the terminal must not end Redis before the server has drained its requests.
    detached: true,
    // Nothing else of the environment, which may hold the pepper and other secrets.
    env: { PATH: searchPath },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Resolves once the child has ended or could not be started. */
export function watchChild(child: ChildProcess, binary: string): Promise<Ending> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-KEPT_OUTPUT_CHARACTERS)
    })
  }
  return new Promise((resolveEnding) => {
    const end = (how: string, exitCode: number | null) => {
      const lines = output.trim().split('\n').slice(-KEPT_OUTPUT_LINES).join('\n')
      resolveEnding({
        exitCode,
        text: `${binary} ${how}${lines === '' ? '' : `; its last output:\n${lines}`}`,
      })
    }
    child.once('error', (error) => end(`could not be started: ${error.message}`, null))
    child.once('exit', (exitCode, signal) => {
      const how = signal === null ? `ended with exit status ${exitCode}` : `was ended by ${signal}`
      // The last output may still be on its way; a forked rewrite of the append-only file can hold the pipes open.
      const timer = setTimeout(end, LAST_OUTPUT_TIMEOUT_MS, how, exitCode)
      child.once('close', () => {
        clearTimeout(timer)
        end(how, exitCode)
      })
    })
  })
}

/** Asks the child to end, and makes it end when it does not within ten seconds. */
export async function endChild(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timer)
}
