/**
 * What users sign in with: password digest and invitation, never read by verification; and the counters of tries.
 * Callers: domain/passwords.ts, domain/invitations.ts, domain/sign-in.ts.
 */
import { createHash } from 'node:crypto'
import { type AuditEvent, auditArguments } from './audit.ts'
import { names, shardOf } from './names.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

/** Field texts; null: not set. `invitation` is a JSON record of domain/invitations.ts. */
export interface SignInRecord {
  readonly password: string | null
  readonly invitation: string | null
}

export type SignInField = keyof SignInRecord

/** How tries are slowed down: free ones first, then a delay that doubles. Milliseconds. */
export interface TryPolicy {
  readonly free: number
  readonly firstDelayMs: number
  readonly longestDelayMs: number
  readonly forgottenAfterMs: number
}

export interface SignInStore {
  read(user: string): Promise<SignInRecord>
  /** @param compare the field and its text as read. @returns false when it is another by now, or the user is gone */
  change(
    user: string,
    compare: { readonly field: SignInField; readonly text: string | null },
    change: Partial<SignInRecord>,
    event: AuditEvent,
  ): Promise<boolean>
  /** Counts a try beforehand. @returns milliseconds to wait; 0: go on */
  takeTry(counter: string, policy: TryPolicy): Promise<number>
  /** Takes back the count of a try that was right, or that nobody looked at. */
  giveBackTry(counter: string): Promise<void>
  /** Counts nothing. @returns milliseconds that the counter asks to wait; 0: none */
  waitLeft(counter: string): Promise<number>
  forgetTries(counter: string): Promise<void>
  /** Whether the pair of account and address was remembered, and not too long ago. */
  isKnown(pair: string): Promise<boolean>
  remember(pair: string, forMs: number): Promise<void>
  /** An event that tells of no change. @param user null: nobody we know; it goes to the site's log */
  recordEvent(user: string | null, event: AuditEvent): Promise<void>
}

export function createSignInStore(redis: RedisAccess): SignInStore {
  return {
    async read(user) {
      const reply = await redis.query('hmget', names.signIn(user), 'password', 'invitation')
      const [password = null, invitation = null] = reply as (string | null)[]
      return { password, invitation }
    },
    async change(user, compare, change, event) {
      const pairs = Object.entries(change).flatMap(([field, text]) => [field, text ?? ''])
      const reply = await redis.run(
        scripts.changeSignIn,
        [names.signIn(user), names.auditOfShard(shardOf(user)), names.user(user)],
        [compare.field, compare.text ?? '', ...auditArguments(event), ...pairs],
      )
      return reply === 1
    },
    async takeTry(counter, { free, firstDelayMs, longestDelayMs, forgottenAfterMs }) {
      const args = [free, firstDelayMs, longestDelayMs, forgottenAfterMs]
      return Number(await redis.run(scripts.takeTry, [names.tries(hashed(counter))], args))
    },
    async giveBackTry(counter) {
      await redis.run(scripts.giveBackTry, [names.tries(hashed(counter))], [])
    },
    async waitLeft(counter) {
      const hash = { name: names.tries(hashed(counter)), fields: ['until'] }
      // A batch has at least one name; the time comes with it.
      const { fields, nowMs } = await redis.read([names.site], hash)
      return Math.max(0, Number(fields[0] ?? 0) - nowMs)
    },
    async forgetTries(counter) {
      await redis.write('del', names.tries(hashed(counter)))
    },
    async isKnown(pair) {
      return (await redis.query('exists', names.knownAddress(hashed(pair)))) === 1
    },
    async remember(pair, forMs) {
      await redis.write('set', names.knownAddress(hashed(pair)), '1', 'PX', forMs)
    },
    async recordEvent(user, event) {
      const stream = user === null ? names.auditOfSite : names.auditOfShard(shardOf(user))
      await redis.run(scripts.recordAudit, [stream], [...auditArguments(event)])
    },
  }
}

/** Counters are named by what was typed, which may be anything, a password in the wrong field included. */
function hashed(counter: string): string {
  return createHash('sha256').update(counter).digest('base64url').slice(0, 22)
}
