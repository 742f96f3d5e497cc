/**
 * In which order the list of all API keys meets its keys: by an index, by user, or within one user. Yields positions, in
 * small reads; whether a key lives and matches is judged by domain/api-key-list.ts.
 */
import {
  type IndexEntry,
  type IndexOrder,
  isBefore,
  type KeyIndexName,
  placeOfNeverUsed,
  type ScoreRange,
} from '../store/key-index.ts'
import type { UserPlace } from '../store/user-list.ts'
import { type ApiKeyFilter, filterText } from './api-key-filter.ts'
import { type ApiKey, tidy, withLastUse } from './api-keys.ts'
import { isBase62 } from './base62.ts'
import type { Core } from './core.ts'
import { idLength } from './credential.ts'
import { makeCursor, readCursor } from './cursor.ts'
import { Problem } from './errors.ts'
import { judgeApiKeys } from './liveness.ts'
import { findUser } from './users.ts'

export type ApiKeySort = 'createdAt' | 'expiresAt' | 'lastUsedAt' | 'user'

export interface ApiKeyQuestion {
  readonly filter: ApiKeyFilter
  readonly sort: ApiKeySort
  readonly order: IndexOrder
}

const usersAtOnce = 50

/** Where a walk is. */
export interface Position extends IndexEntry {
  /** Sorted by user: the folded name, and an empty `id` where a user has no key. Otherwise empty. */
  readonly name: string
}

/** The positions after the given one (null: all), in the order of the question. */
export async function* positionsInOrder(
  core: Core,
  question: ApiKeyQuestion,
  after: Position | null,
): AsyncGenerator<Position, void> {
  const { filter, sort, order } = question
  if (filter.user !== null) yield* ofOneUser(core, filter.user, sort, order, after)
  else if (sort === 'user') yield* byUserName(core, filter.userBeginning, order, after)
  else yield* inIndex(core, indexOfSort[sort], rangesOf(filter, sort), order, after)
}

const indexOfSort = {
  createdAt: 'created',
  expiresAt: 'expires',
  lastUsedAt: 'used',
} as const satisfies Record<string, KeyIndexName>

/** Where in the index of a sort the keys that a filter asks for can lie, in ascending order. */
export function rangesOf(
  filter: ApiKeyFilter,
  sort: Exclude<ApiKeySort, 'user'>,
): readonly [ScoreRange, ...ScoreRange[]] {
  if (sort === 'createdAt') return [{ least: filter.createdFromMs, greatest: filter.createdToMs }]
  if (sort === 'expiresAt') return [{ least: filter.expiresFromMs, greatest: filter.expiresToMs }]
  const neverUsed = {
    least: placeOfNeverUsed(filter.createdFromMs),
    greatest: placeOfNeverUsed(Math.min(filter.createdToMs, filter.unusedSinceMs, latestMs)),
  }
  return filter.isNeverUsed ? [neverUsed] : [neverUsed, { least: 0, greatest: filter.unusedSinceMs }]
}

/** Behind every creation, and before the place of any use. */
const latestMs = 1e13 - 1

async function* inIndex(
  core: Core,
  index: KeyIndexName,
  ranges: readonly ScoreRange[],
  order: IndexOrder,
  after: IndexEntry | null,
): AsyncGenerator<Position, void> {
  for (const range of order === 'asc' ? ranges : ranges.toReversed()) {
    for await (const entry of core.stores.keyIndex.walk(index, { ...range, order, after })) {
      yield { ...entry, name: '' }
    }
  }
}

/** Users by name, each one's keys by id. A user without keys is a position, too, so that walking past many is bounded. */
async function* byUserName(
  core: Core,
  beginning: string,
  order: IndexOrder,
  after: Position | null,
): AsyncGenerator<Position, void> {
  const positionsOf = async ({ foldedName, id: user }: UserPlace): Promise<readonly Position[]> => {
    const ids = (await core.stores.apiKeys.idsOfUser(user)).toSorted()
    if (order === 'desc') ids.reverse()
    return (ids.length === 0 ? [''] : ids).map((id) => ({
      id,
      score: 0,
      name: placeText(foldedName, user),
    }))
  }
  let place = after === null ? null : placeOfText(after.name)
  if (place !== null && after !== null && after.id !== '') {
    for (const position of await positionsOf(place))
      if (position.id !== '' && isBefore(after, position, order)) yield position
  }
  while (true) {
    const places = await core.stores.users.list(beginning, place, usersAtOnce, order)
    for (const positions of await Promise.all(places.map(positionsOf))) yield* positions
    place = places.at(-1) ?? null
    if (place === null) return
  }
}

function placeText(foldedName: string, user: string): string {
  return `${user} ${foldedName}`
}

function placeOfText(text: string): UserPlace {
  return { id: text.slice(0, idLength), foldedName: text.slice(idLength + 1) }
}

/** A user has at most a thousand keys: sorted here. An unknown user has none. */
async function* ofOneUser(
  core: Core,
  userName: string,
  sort: ApiKeySort,
  order: IndexOrder,
  after: Position | null,
): AsyncGenerator<Position, void> {
  const user = await findUser(core, userName).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'user_not_found') return null
    throw error
  })
  if (user === null) return
  const { live, dead } = await judgeApiKeys(core, await core.stores.apiKeys.idsOfUser(user.record.id))
  await tidy(core, dead)
  const keys = await withLastUse(core, live)
  const positions = keys.map((key): Position => ({ id: key.id, score: scoreOf(key, sort), name: '' }))
  positions.sort((left, right) => (isBefore(left, right, order) ? -1 : 1))
  for (const position of positions) if (after === null || isBefore(after, position, order)) yield position
}

function scoreOf(key: ApiKey, sort: ApiKeySort): number {
  if (sort === 'expiresAt') return key.expiresAtMs ?? Number.POSITIVE_INFINITY
  return sort === 'lastUsedAt' ? (key.lastUsedAtMs ?? placeOfNeverUsed(key.createdAtMs)) : key.createdAtMs
}

function questionText({ filter, sort, order }: ApiKeyQuestion): string {
  return [sort, order, filterText(filter)].join(' ')
}

export function cursorOf(question: ApiKeyQuestion, end: Position | null): string | null {
  return end === null ? null : makeCursor(questionText(question), [String(end.score), end.id, end.name])
}

/** @throws Problem cursor_invalid */
export function positionOf(question: ApiKeyQuestion, cursor: string | null): Position | null {
  if (cursor === null) return null
  const [score, id, name] = readCursor(cursor, questionText(question), ['', '', ''] as const)
  // Ids become parts of Redis names: nothing but an id is taken.
  const isId = (id === '' || id.length === 2 * idLength) && isBase62(id)
  const isName = name === '' || (name.charAt(idLength) === ' ' && isBase62(name.slice(0, idLength)))
  if (!isId || !isName || score === '' || Number.isNaN(Number(score))) throw new Problem('cursor_invalid')
  if ((name === '') === (question.sort === 'user' && question.filter.user === null))
    throw new Problem('cursor_invalid')
  return { score: Number(score), id, name }
}
