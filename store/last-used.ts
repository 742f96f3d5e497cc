/**
 * Last use of API keys and services, off the hot path: noted in memory, written in batches every few seconds and at
 * shutdown. Losing a batch loses at most a few seconds of "last used"; nothing else depends on it.
 */
import type { ApiKeyStore } from './api-keys.ts'
import { createFlusher, type Flusher } from './flush.ts'
import { shardOf } from './names.ts'
import type { ServiceStore } from './services.ts'

/** What could not be written is noted again. */
export interface LastUsed extends Flusher {
  /** @param id public id of an API key */
  note(id: string, atMs: number): void
  noteService(name: string, atMs: number): void
}

type Uses = Map<string, number>

export function createLastUsed(
  apiKeys: Pick<ApiKeyStore, 'noteUses'>,
  services: Pick<ServiceStore, 'noteUses'>,
): LastUsed {
  let notedApiKeys: Uses = new Map()
  let notedServices: Uses = new Map()

  async function writeNoted(): Promise<void> {
    const [usesOfApiKeys, usesOfServices] = [notedApiKeys, notedServices]
    notedApiKeys = new Map()
    notedServices = new Map()
    await Promise.all(
      [...byShard(usesOfApiKeys)].map(async ([shard, uses]) => {
        await apiKeys.noteUses(shard, uses).catch(() => noteAll(uses, note))
      }),
    )
    if (usesOfServices.size > 0) {
      await services.noteUses(usesOfServices).catch(() => noteAll(usesOfServices, noteService))
    }
  }

  const note = (id: string, atMs: number): void => noteLatest(notedApiKeys, id, atMs)
  const noteService = (name: string, atMs: number): void => noteLatest(notedServices, name, atMs)

  return {
    note,
    noteService,
    ...createFlusher(writeNoted),
  }
}

function noteLatest(noted: Uses, id: string, atMs: number): void {
  const earlier = noted.get(id)
  if (earlier === undefined || earlier < atMs) noted.set(id, atMs)
}

function noteAll(uses: Uses, note: (id: string, atMs: number) => void): void {
  for (const [id, atMs] of uses) note(id, atMs)
}

function byShard(uses: Uses): Map<string, Uses> {
  const shards = new Map<string, Uses>()
  for (const [id, atMs] of uses) {
    const shard = shardOf(id)
    const usesOfShard: Uses = shards.get(shard) ?? new Map()
    usesOfShard.set(id, atMs)
    shards.set(shard, usesOfShard)
  }
  return shards
}
