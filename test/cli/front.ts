// An address that outlives the instances behind it: for tests of commands during a restart of the server.

import { connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface Front {
  readonly url: string
  /** Port of the instance; null: away, and whoever comes is cut. */
  port: number | null
  /** How many were cut. */
  readonly cut: number
  /** Sees what was sent to the instance, once it has answered. */
  onAnswered: (sent: string) => void
  /** Away from now on; what was answered already still arrives. */
  goAway(): void
  /** Holds back what comes next until the work is done. */
  pause(work: () => Promise<void>): void
}

export async function startFront(t: Test, port: number): Promise<Front> {
  const sockets = new Set<Socket>()
  let cut = 0
  let paused = Promise.resolve()
  const server = createServer((near) => {
    near.on('error', () => {})
    if (front.port === null) {
      cut++
      near.destroy()
      return
    }
    sockets.add(near)
    const far = connect(front.port, '127.0.0.1')
    let sent = ''
    far.on('error', () => near.destroy())
    far.on('close', () => near.end())
    near.on('close', () => {
      sockets.delete(near)
      far.destroy()
    })
    near.on('data', async (chunk) => {
      await paused
      sent += String(chunk)
      far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (!near.writable) return
      near.write(chunk)
      front.onAnswered(sent)
      sent = ''
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const front: Front = {
    url: `http://127.0.0.1:${address.port}`,
    port,
    get cut() {
      return cut
    },
    onAnswered: () => {},
    goAway() {
      front.port = null
      for (const socket of sockets) socket.end()
    },
    pause(work) {
      paused = work()
    },
  }
  return front
}
