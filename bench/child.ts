// Child processes of the benchmark that are asked one thing at a time. They end when the channel does, and so also
// when the benchmark is interrupted.

import { type ForkOptions, fork } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

export interface Child {
  /** Sends a message and resolves with the next one that comes. @throws when the process ends instead */
  ask<Answer>(message: unknown): Promise<Answer>
  readonly hasEnded: boolean
  /** Resolves once the process has ended. */
  end(): Promise<void>
}

export function startChild(script: URL, options: ForkOptions = {}): Child {
  const path = fileURLToPath(script)
  const child = fork(path, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], ...options })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        const onEnd = (): void => reject(new Error(`${path} ended by itself`))
        child.once('exit', onEnd)
        child.once('message', (answer) => {
          child.off('exit', onEnd)
          resolve(answer as never)
        })
        child.send(message as string)
      }),
    get hasEnded() {
      return child.exitCode !== null || child.signalCode !== null
    },
    async end() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

export interface Server {
  readonly origin: string
  readonly child: Child
}

export interface ServerOptions {
  readonly environment: Readonly<Record<string, string>>
  /** More options of Node. */
  readonly nodeOptions?: readonly string[]
  /** The first request that must be answered with 200, and what its answer must hold. */
  readonly probe: { readonly path: string; readonly init?: RequestInit; readonly holds: string }
}

const patienceMs = 20_000
const pollMs = 100

/** Starts a module that listens on PORT, and resolves once it serves. Its child answers any message with its CPU time. */
export async function startServer(script: URL, options: ServerOptions): Promise<Server> {
  const { environment, nodeOptions = [], probe } = options
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const child = startChild(script, {
    execArgv: ['--import', new URL('./meter.ts', import.meta.url).href, ...nodeOptions],
    env: { PATH: process.env.PATH ?? '', PORT: String(port), ...environment },
  })
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    const answer = await fetch(`${origin}${probe.path}`, probe.init)
      .then(async (response) => `${response.status} ${await response.text()}`)
      .catch((error: Error) => error.message)
    if (answer.startsWith('200 ') && answer.includes(probe.holds)) return { origin, child }
    if (child.hasEnded || performance.now() > giveUpAt) {
      await child.end()
      throw new Error(`${script.pathname} does not serve ${probe.path}: ${answer}`)
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
