/**
 * The list of users in order of their folded names, merged over all shards. Each shard keeps its part sorted, so a
 * page reads a few entries from each and, seldom, a few more from some: its cost does not depend on how many there are.
 * Callers: store/users.ts.
 */
import { names, shards } from './names.ts'
import type { RedisAccess } from './redis.ts'

/** Where a user stands in the list: by name, then by id. */
export interface UserPlace {
  readonly foldedName: string
  readonly id: string
}

/** What one shard has given so far. */
interface Stretch {
  readonly shard: string
  readonly entries: Entry[]
  isExhausted: boolean
}

interface Entry {
  readonly member: string
  /** Redis sorts by bytes, and JavaScript by UTF-16 units: they differ past U+FFFF. */
  readonly bytes: Buffer
}

/** No name has this noncharacter, and everything that names have sorts before it. */
const beyondEveryName = '\u{10ffff}'
/** Read from each shard beyond its fair share, so that most pages need one round. */
const reserve = 3

/** A member of a shard's list: the folded name, a character no name can hold, the id. */
export function userListMember({ foldedName, id }: UserPlace): string {
  return `${foldedName}\u0000${id}`
}

/**
 * The first places whose names begin so, after the given place. Places are values, not ranks, so users that come and
 * go meanwhile move nothing: who is there all the time is met exactly once.
 */
export async function readUserList(
  redis: RedisAccess,
  beginning: string,
  after: UserPlace | null,
  count: number,
  order: 'asc' | 'desc' = 'asc',
): Promise<readonly UserPlace[]> {
  const start = after === null ? null : `(${userListMember(after)}`
  const bounds = { least: `[${beginning}`, most: `(${beginning}${beyondEveryName}` }
  const perShard = Math.ceil(count / shards.length) + reserve

  async function fill(stretch: Stretch): Promise<void> {
    const last = stretch.entries.at(-1)
    const from = last === undefined ? start : `(${last.member}`
    const range =
      order === 'asc'
        ? [from ?? bounds.least, bounds.most, 'BYLEX']
        : [from ?? bounds.most, bounds.least, 'BYLEX', 'REV']
    const reply = await redis.query('zrange', names.users(stretch.shard), ...range, 'LIMIT', 0, perShard)
    const members = reply as string[]
    stretch.entries.push(...members.map((member) => ({ member, bytes: Buffer.from(member) })))
    stretch.isExhausted = members.length < perShard
  }

  const stretches: Stretch[] = shards.map((shard) => ({ shard, entries: [], isExhausted: false }))
  const compare = order === 'asc' ? byBytes : (left: Entry, right: Entry) => byBytes(right, left)
  let behind = stretches
  let merged: Entry[] = []
  while (behind.length > 0) {
    await Promise.all(behind.map(fill))
    merged = stretches.flatMap(({ entries }) => entries).sort(compare)
    const end = merged[count - 1]
    // A shard that ends before the page does may hold more that belongs on it.
    behind = stretches.filter(({ entries, isExhausted }) => {
      const last = entries.at(-1)
      return !isExhausted && (end === undefined || last === undefined || compare(last, end) < 0)
    })
  }
  return merged.slice(0, count).map(({ member }) => placeOf(member))
}

function byBytes(left: Entry, right: Entry): number {
  return Buffer.compare(left.bytes, right.bytes)
}

function placeOf(member: string): UserPlace {
  const separator = member.lastIndexOf('\u0000')
  return { foldedName: member.slice(0, separator), id: member.slice(separator + 1) }
}
