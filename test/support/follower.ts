// A client that follows the audit log over a real connection.

import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import type { AuditEvent } from '../../schemas/audit.ts'
import { auditUrl } from './audit-requests.ts'

export interface Follower {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** What came so far. */
  readonly events: readonly AuditEvent[]
  /** Empty lines so far. */
  readonly signs: number
  /** 'end' when the server ended it properly, 'cut-off' when the connection broke. */
  readonly ended: Promise<'end' | 'cut-off'>
  leave(): void
}

/** Resolves when following has begun, or with the answer that refuses it. */
export async function follow(
  t: Test,
  address: string,
  headers: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>> = {},
): Promise<Follower> {
  const answer = await ask(t, address, headers, query)
  const events: AuditEvent[] = []
  let signs = 0
  const status = answer.statusCode ?? 0
  const ended = new Promise<'end' | 'cut-off'>((resolve) => {
    answer.once('close', () => resolve(answer.complete ? 'end' : 'cut-off'))
  })
  answer.on('error', () => {})
  const lines = createInterface({ input: answer })
  lines.on('error', () => {})
  lines.on('line', (line) => {
    if (line === '') signs++
    else if (status === 200) events.push(JSON.parse(line))
  })
  if (status === 200) await once(lines, 'line')
  return {
    status,
    headers: answer.headers,
    events,
    get signs() {
      return signs
    },
    ended,
    leave: () => answer.destroy(),
  }
}

/** Asks to follow and reads nothing. */
export async function ask(
  t: Test,
  address: string,
  headers: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> {
  const asked = request(`${address}${auditUrl({ ...query, follow: 'true' })}`, {
    headers: { ...headers, accept: 'application/x-ndjson' },
    agent: false,
  })
  asked.on('error', () => {})
  t.teardown(() => asked.destroy())
  asked.end()
  const [answer]: IncomingMessage[] = await once(asked, 'response')
  if (answer === undefined) throw new Error('no answer')
  return answer
}
