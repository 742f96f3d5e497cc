/**
 * The list of users for administrators: in order of the folded name, by keyset cursor.
 */
import type { UserRecord } from '../store/records.ts'
import type { UserPlace } from '../store/user-list.ts'
import { isBase62 } from './base62.ts'
import type { Core } from './core.ts'
import { idLength } from './credential.ts'
import { makeCursor, readCursor } from './cursor.ts'
import { Problem } from './errors.ts'
import { readSite } from './site.ts'
import { foldUserNameBeginning } from './users.ts'

export interface UserQuestion {
  /** Beginning of the name, in any case; empty: all. */
  readonly beginning: string
  readonly limit: number
  /** null: from the beginning. */
  readonly cursor: string | null
}

export interface ListedUser {
  readonly user: UserRecord
  /** API keys in the user's list that have not expired. */
  readonly apiKeys: number
}

export interface UserPage {
  readonly items: readonly ListedUser[]
  /** null: this is all. */
  readonly nextCursor: string | null
}

/**
 * One page. Who is there all the time is on exactly one page, whoever comes and goes meanwhile.
 * @throws Problem user_name_invalid, cursor_invalid
 */
export async function listUsers(core: Core, { beginning, limit, cursor }: UserQuestion): Promise<UserPage> {
  const foldedBeginning = foldUserNameBeginning(beginning)
  const question = `users ${foldedBeginning}`
  let after = cursor === null ? null : placeOf(cursor, question, foldedBeginning)
  const { nowMs } = await readSite(core)
  const items: ListedUser[] = []
  while (true) {
    const wanted = limit - items.length
    const places = await core.stores.users.list(foldedBeginning, after, wanted + 1)
    const taken = places.slice(0, wanted)
    items.push(...(await readPlaces(core, taken, nowMs)))
    if (places.length <= wanted) return { items, nextCursor: null }
    after = taken.at(-1) ?? after
    if (items.length === limit && after !== null) {
      return { items, nextCursor: makeCursor(question, [after.foldedName, after.id]) }
    }
  }
}

/** The users of these places; an entry whose record is gone is skipped and removed. */
async function readPlaces(
  core: Core,
  places: readonly UserPlace[],
  nowMs: number,
): Promise<readonly ListedUser[]> {
  const { users } = core.stores
  if (places.length === 0) return []
  const [records, counts] = await Promise.all([
    users.readAll(places.map(({ id }) => id)),
    Promise.all(places.map(({ id }) => users.countApiKeys(id, nowMs))),
  ])
  // Tidying is a courtesy: on a Redis that takes no writes, the list is still shown.
  const gone = places.filter((_, index) => records[index] === null)
  await Promise.all(gone.map((place) => users.removeEntry(place))).catch(() => {})
  return records.flatMap((user, index) =>
    user === null ? [] : [{ user: user.record, apiKeys: counts[index] ?? 0 }],
  )
}

/** Nothing but what a page of this very list gave is taken. */
function placeOf(cursor: string, question: string, foldedBeginning: string): UserPlace {
  const [foldedName, id] = readCursor(cursor, question, ['', ''] as const)
  const isPlace =
    foldedName.startsWith(foldedBeginning) &&
    foldedName.isWellFormed() &&
    !foldedName.includes('\u0000') &&
    id.length === idLength &&
    isBase62(id) &&
    makeCursor(question, [foldedName, id]) === cursor
  if (!isPlace) throw new Problem('cursor_invalid')
  return { foldedName, id }
}
