// A Unix socket between an instance and its Redis that can do what networks do: swallow, drop, delay. Both connections of
// an instance go through it.

import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/**
 * `pass`; `silent`: commands vanish and nothing answers; `reset`: a connection is cut as soon as it sends something, before
 * Redis sees it; `deaf`: Redis does the work and its answers vanish.
 */
export type ProxyMode = 'pass' | 'silent' | 'reset' | 'deaf'

export interface RedisProxy {
  /** As REDIS_URL takes it. */
  readonly url: string
  /** For all connections, those that are open too. */
  mode: ProxyMode
  /** How long an answer is held back, in milliseconds. */
  delayMs: number
  /** Sees what is sent to Redis, before it is; may change the mode. */
  onSent: (text: string) => void
}

export async function startRedisProxy(t: Test, redisSocketPath: string): Promise<RedisProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  const socketPath = join(folder, 'proxy.sock')
  const open = new Set<Socket>()
  const proxy: RedisProxy = { url: `unix:${socketPath}`, mode: 'pass', delayMs: 0, onSent: () => {} }

  const server = createServer((near) => {
    const far = connect(redisSocketPath)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
    near.on('data', (chunk) => {
      proxy.onSent(chunk.toString('latin1'))
      if (proxy.mode === 'reset') near.destroy()
      else if (proxy.mode !== 'silent') far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (proxy.mode === 'silent' || proxy.mode === 'deaf') return
      if (proxy.delayMs === 0) near.write(chunk)
      else setTimeout(() => near.writable && near.write(chunk), proxy.delayMs)
    })
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  t.teardown(async () => {
    for (const socket of open) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true, force: true })
  })
  return proxy
}
