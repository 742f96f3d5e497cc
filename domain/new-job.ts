/**
 * A job that was not begun yet. Who orders it files it (store/jobs.ts); domain/jobs.ts runs it.
 */
import type { Origin } from '../store/audit.ts'
import type { JobRecord } from '../store/jobs.ts'
import { makeId } from './credential.ts'

export interface JobOrder {
  readonly kind: JobRecord['kind']
  readonly user: string | null
  readonly lifetimeDays?: number
  readonly filter?: string
  readonly total: number
  readonly origin: Origin
}

export function newJob(order: JobOrder, nowMs: number): JobRecord {
  return {
    id: makeId(),
    lifetimeDays: null,
    filter: null,
    ...order,
    startedMs: nowMs,
    endedMs: null,
    examined: 0,
    done: 0,
    shard: 0,
    cursor: '0',
  }
}
