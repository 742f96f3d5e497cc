// Events written straight into the streams of the audit log, at times and places of the test's choice.

import { type AuditPosition, auditStreams } from '../../store/audit-log.ts'
import type { TestRedis } from './redis.ts'

/** Index of the site's stream; those before it are the shards'. */
export const siteStream = auditStreams.length - 1

export function auditEvent(changes: object = {}) {
  return {
    action: 'api-key.minted',
    actor: { kind: 'service', name: 'gateway', id: 'gateway' },
    subject: 'ada@example.org',
    address: '192.0.2.7',
    ...changes,
  }
}

export interface PlantedEvent extends AuditPosition {
  readonly event?: object
}

export async function plant(server: TestRedis, events: readonly PlantedEvent[]): Promise<void> {
  for (const { ms, sequence, stream, event = auditEvent() } of events) {
    const name = auditStreams[stream]?.name ?? ''
    await server.command('XADD', name, `${ms}-${sequence}`, 'event', JSON.stringify(event))
  }
}

const script = `
local count, first, per = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
for index = 0, count - 1 do
  local id = first == 0 and '*' or string.format('%.0f-%d', first + math.floor(index / per), index % per)
  redis.call('XADD', KEYS[index % #KEYS + 1], id, 'event', ARGV[4])
end`

export interface Crowd {
  readonly count: number
  /** Time of the first; absent: now, for all. */
  readonly firstMs?: number
  /** How many share a millisecond. */
  readonly perMs?: number
  /** Into which streams, in turn; absent: those of all shards. */
  readonly streams?: readonly number[]
  readonly event?: object
}

/** Many equal events, in one go. */
export async function plantCrowd(server: TestRedis, crowd: Crowd): Promise<void> {
  const { count, firstMs = 0, perMs = 1, streams = [...auditStreams.keys()].slice(0, -1) } = crowd
  const keys = streams.map((stream) => auditStreams[stream]?.name ?? '')
  const event = JSON.stringify(crowd.event ?? auditEvent())
  await server.command('EVAL', script, keys.length, ...keys, count, firstMs, perMs, event)
}

/** How often Redis ran a command since it began. */
export async function callsOf(server: TestRedis, command: string): Promise<number> {
  const stats = String(await server.command('INFO', 'commandstats'))
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}
