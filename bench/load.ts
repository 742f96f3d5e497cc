// The load generator, in a process of its own: so many connections, each with one request in flight, which are taken
// from one list in turn by all connections together. (Generators that give every connection its own turn through the
// list ask for the same key on all connections at once, and that flatters a server that reads each name once a batch.)
// It reads of an answer only the status and the length, so that it stays much cheaper than what it measures.

import { connect, type Socket } from 'node:net'

export interface LoadOrder {
  readonly port: number
  /** Whole HTTP/1.1 requests, sent as they are. */
  readonly requests: readonly string[]
  readonly connections: number
  readonly seconds: number
}

export interface LoadResult {
  /** Answered, in the time and just after it. */
  readonly answered: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the generator itself, as a share of one processor. */
  readonly ownCpu: number
}

const connected = 'connected'
const go = 'go'
const answerBufferBytes = 4_096
const expectedStatus = 'HTTP/1.1 200 '

let waiting: Run | null = null
process.on('message', (message: LoadOrder | typeof go) => {
  if (message !== go) void prepare(message).then(() => process.send?.(connected))
  else if (waiting !== null) void waiting.start().then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit())

interface Run {
  start(): Promise<LoadResult>
}

async function prepare({ port, requests, connections, seconds }: LoadOrder): Promise<void> {
  const texts = requests.map((request) => Buffer.from(request, 'latin1'))
  const latencies: number[] = []
  let next = 0
  let endsAt = 0
  const nextRequest = (): Buffer | null => {
    if (performance.now() >= endsAt) return null
    const text = texts[next % texts.length] ?? null
    next += 1
    return text
  }
  const opened = Array.from({ length: connections }, () => openConnection(port, nextRequest, latencies))
  const sockets = await Promise.all(opened)

  waiting = {
    async start() {
      const cpuBefore = process.cpuUsage()
      const startedAt = performance.now()
      endsAt = startedAt + seconds * 1_000
      await Promise.all(sockets.map((run) => run()))
      const elapsedMs = performance.now() - startedAt
      const cpu = process.cpuUsage(cpuBefore)
      latencies.sort((left, right) => left - right)
      const quantile = (share: number): number =>
        latencies[Math.floor(latencies.length * share)] ?? Number.NaN
      return {
        answered: latencies.length,
        perSecond: (latencies.length / elapsedMs) * 1_000,
        p50Ms: quantile(0.5),
        p99Ms: quantile(0.99),
        ownCpu: (cpu.user + cpu.system) / 1_000 / elapsedMs,
      }
    },
  }
}

/** Resolves, once it is connected, with what sends requests until there is none and then closes. */
function openConnection(
  port: number,
  nextRequest: () => Buffer | null,
  latencies: number[],
): Promise<() => Promise<void>> {
  return new Promise((resolveConnected) => {
    let sentAt = 0
    let partial = ''
    let end = (): void => {}
    const send = (): void => {
      const request = nextRequest()
      sentAt = performance.now()
      if (request === null) socket.end(end)
      else socket.write(request)
    }
    const receive = (bytes: number, buffer: Uint8Array): boolean => {
      const text = partial + Buffer.from(buffer.buffer, buffer.byteOffset, bytes).toString('latin1')
      partial = isWhole(text) ? '' : text
      if (partial !== '') return true
      latencies.push(performance.now() - sentAt)
      send()
      return true
    }
    const buffer = Buffer.allocUnsafe(answerBufferBytes)
    const socket: Socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: { buffer, callback: receive },
    })
    socket.on('error', (error) => {
      throw error
    })
    socket.on('connect', () =>
      resolveConnected(
        () =>
          new Promise((resolveEnded) => {
            end = resolveEnded
            send()
          }),
      ),
    )
  })
}

/** @throws for any answer but 200: its cost would be counted for work that was not done */
function isWhole(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return false
  if (!text.startsWith(expectedStatus)) throw new Error(`expected 200, got: ${text}`)
  const name = 'content-length: '
  const lengthAt = text.indexOf(name) + name.length
  const length = Number.parseInt(text.slice(lengthAt, lengthAt + 8), 10)
  return text.length >= headEnd + 4 + length
}
