/**
 * Last use of API keys, off the hot path: noted in memory, written in batches every few seconds and at shutdown. Losing
 * a batch loses at most a few seconds of "last used"; nothing else depends on it.
 */
import type { ApiKeyStore } from './api-keys.ts'
import { shardOf } from './names.ts'

export interface LastUsed {
  /** @param id public id of an API key */
  note(id: string, atMs: number): void
  /** Writes what was noted. Never rejects: uses that could not be written are noted again. */
  flush(): Promise<void>
  close(): Promise<void>
}

const flushEveryMs = 5_000

export function createLastUsed(apiKeys: ApiKeyStore): LastUsed {
  let noted = new Map<string, number>()
  const timer = setInterval(() => void flush(), flushEveryMs)
  timer.unref()

  async function flush(): Promise<void> {
    if (noted.size === 0) return
    const uses = noted
    noted = new Map()
    for (const [shard, usesOfShard] of byShard(uses)) {
      try {
        await apiKeys.noteUses(shard, usesOfShard)
      } catch {
        for (const [id, atMs] of usesOfShard) note(id, atMs)
      }
    }
  }

  function note(id: string, atMs: number): void {
    const earlier = noted.get(id)
    if (earlier === undefined || earlier < atMs) noted.set(id, atMs)
  }

  return {
    note,
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

function byShard(uses: ReadonlyMap<string, number>): Map<string, Map<string, number>> {
  const shards = new Map<string, Map<string, number>>()
  for (const [id, atMs] of uses) {
    const shard = shardOf(id)
    const usesOfShard = shards.get(shard) ?? new Map<string, number>()
    usesOfShard.set(id, atMs)
    shards.set(shard, usesOfShard)
  }
  return shards
}
