/**
 * The list of all API keys for administrators: filters, sorts, cursor paging, and the walk over everything that matches.
 * Always bounded in memory: it reads indexes and records in small portions.
 *
 * Cost: a page by `createdAt` costs the same at ten keys and at a million, and so do pages by `expiresAt`, by `lastUsedAt`
 * and of one user. A filter that has no index of its own for the chosen sort is applied while walking; one request
 * examines at most 2,000 keys and then returns a short page with a cursor.
 */

import { type ApiKeyFilter, matchesFilter } from './api-key-filter.ts'
import {
  type ApiKeyQuestion,
  cursorOf,
  type Position,
  positionOf,
  positionsInOrder,
} from './api-key-order.ts'
import { type ApiKey, tidy, withLastUse } from './api-keys.ts'
import type { Core } from './core.ts'
import { judgeApiKeys } from './liveness.ts'

export interface ApiKeyPage {
  readonly items: readonly ApiKey[]
  /** null: this is all. A short page with a cursor means "go on". */
  readonly nextCursor: string | null
}

const mostExamined = 2_000
const portion = 200

interface Examined {
  readonly position: Position
  /** null: dead, or not asked for. */
  readonly key: ApiKey | null
}

/** @throws Problem cursor_invalid, user_name_invalid */
export async function listAllApiKeys(
  core: Core,
  question: ApiKeyQuestion,
  limit: number,
  cursor: string | null,
): Promise<ApiKeyPage> {
  const items: ApiKey[] = []
  let end: Position | null = null
  let examined = 0
  for await (const { position, key } of walkApiKeys(
    core,
    question,
    limit + 1,
    positionOf(question, cursor),
  )) {
    examined++
    if (key !== null && items.length === limit) return { items, nextCursor: cursorOf(question, end) }
    if (key !== null) items.push(key)
    // What was examined after the last item of a full page is examined again: only a match may move the cursor there.
    if (items.length < limit || key !== null) end = position
    if (examined >= mostExamined) return { items, nextCursor: cursorOf(question, end) }
  }
  return { items, nextCursor: null }
}

/** Every matching key. @param gone ends the walk, also while nothing matches: nobody reads any more */
export async function* allApiKeys(
  core: Core,
  question: ApiKeyQuestion,
  gone?: AbortSignal,
): AsyncGenerator<ApiKey, void> {
  for await (const { key } of walkApiKeys(core, question, portion, null)) {
    if (gone?.aborted) return
    if (key !== null) yield key
  }
}

async function* walkApiKeys(
  core: Core,
  question: ApiKeyQuestion,
  firstPortion: number,
  after: Position | null,
): AsyncGenerator<Examined, void> {
  let waiting: Position[] = []
  let size = Math.min(firstPortion, portion)
  for await (const position of positionsInOrder(core, question, after)) {
    waiting.push(position)
    if (waiting.length < size) continue
    yield* await examine(core, question.filter, waiting)
    waiting = []
    size = portion
  }
  yield* await examine(core, question.filter, waiting)
}

async function examine(
  core: Core,
  filter: ApiKeyFilter,
  positions: readonly Position[],
): Promise<readonly Examined[]> {
  if (positions.length === 0) return []
  const ids = positions.map(({ id }) => id).filter((id) => id !== '')
  const { live, dead } = await judgeApiKeys(core, ids)
  await tidy(core, dead)
  const keys = new Map((await withLastUse(core, live)).map((key) => [key.id, key]))
  return positions.map((position) => {
    const key = keys.get(position.id)
    return { position, key: key !== undefined && matchesFilter(key, filter) ? key : null }
  })
}
