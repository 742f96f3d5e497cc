// The record that the bare route reads, for bare.ts and for what writes it.

import { hash } from 'node:crypto'

export interface BareRecord {
  readonly id: string
  readonly user: {
    readonly id: string
    readonly name: string
    readonly roles: readonly string[]
    readonly groups: readonly string[]
  }
}

/** The Redis name of the record of a key. */
export function bareName(key: string): string {
  return `bare:${hash('sha256', key)}`
}
