/**
 * How tries to sign in are slowed down (threats 11, 12): counted in Redis before they are made, per account and address,
 * per address, and per account over all addresses. Delays double and end by themselves; nobody is locked out for good.
 *
 * The owner is not locked out by somebody else's guessing: one address counts at most ten times against an account, and
 * an address from which the owner has signed in within a month is not slowed down by what others try.
 */
import type { TryPolicy } from '../store/sign-in.ts'
import type { Core } from './core.ts'
import { Problem } from './errors.ts'

const secondMs = 1_000
const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000

const policies = {
  accountFromAddress: {
    free: 5,
    firstDelayMs: secondMs,
    longestDelayMs: 15 * minuteMs,
    forgottenAfterMs: dayMs,
  },
  address: { free: 30, firstDelayMs: secondMs, longestDelayMs: 15 * minuteMs, forgottenAfterMs: dayMs },
  account: { free: 100, firstDelayMs: secondMs, longestDelayMs: 5 * minuteMs, forgottenAfterMs: hourMs },
} as const satisfies Record<string, TryPolicy>

/** Of one address, so many tries count against the account as a whole. */
const countedOfAddress = {
  free: 10,
  firstDelayMs: dayMs,
  longestDelayMs: dayMs,
  forgottenAfterMs: hourMs,
} as const
const knownForMs = 30 * dayMs

export interface Try {
  /** Folded, as it was typed; it may be nobody's. */
  readonly account: string
  readonly address: string
}

/** @throws Problem too_many_tries */
export async function takeTry({ stores }: Core, { account, address }: Try): Promise<void> {
  const pair = pairOf({ account, address })
  const { signIn } = stores
  await wait(signIn.takeTry(`account and address ${pair}`, policies.accountFromAddress))
  await wait(signIn.takeTry(`address ${address}`, policies.address))
  if (await signIn.isKnown(pair)) return
  const isCounted = (await signIn.takeTry(`counted ${pair}`, countedOfAddress)) === 0
  const ofAccount = `account ${account}`
  // Who has counted often enough waits with the others, or many addresses would guess on without an end.
  await wait(isCounted ? signIn.takeTry(ofAccount, policies.account) : signIn.waitLeft(ofAccount))
}

/** A try that nobody looked at was no guess. */
export async function giveBackTry({ stores }: Core, attempt: Try): Promise<void> {
  await stores.signIn.giveBackTry(`account and address ${pairOf(attempt)}`)
  await stores.signIn.giveBackTry(`address ${attempt.address}`)
}

/**
 * After a sign-in: the owner's own mistakes are forgotten, the address is known, and the right try does not count against
 * it: a hundred people may sign in from one address.
 */
export async function forgetTries({ stores }: Core, attempt: Try): Promise<void> {
  const pair = pairOf(attempt)
  await stores.signIn.giveBackTry(`address ${attempt.address}`)
  await stores.signIn.forgetTries(`account and address ${pair}`)
  await stores.signIn.remember(pair, knownForMs)
}

async function wait(taken: Promise<number>): Promise<void> {
  const ms = await taken
  if (ms <= 0) return
  const seconds = Math.ceil(ms / secondMs)
  throw new Problem('too_many_tries', {
    detail: `Too many tries. Wait ${seconds} s and try again.`,
    retryAfterSeconds: seconds,
  })
}

function pairOf({ account, address }: Try): string {
  return `${account} ${address}`
}
