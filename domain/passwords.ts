/**
 * Passwords: Argon2id (RFC 9106) with bounded concurrency, so that a flood of sign-ins cannot starve verification
 * (threat 13), and the same work for a user who does not exist (threat 10).
 */
import { hash, verify } from '@node-rs/argon2'
import pLimit from 'p-limit'
import { randomBase62 } from './base62.ts'
import { Problem } from './errors.ts'

/** OWASP Password Storage: at least 19 MiB, two passes, one lane. Argon2id is the library's own default. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Each takes tens of milliseconds of one core and 19 MiB. */
const atOnce = 2
const mostWaiting = 32

const limit = pLimit(atOnce)
/** Verified in place of a digest that is not there. Made once, at the first need. */
let dummyDigest: Promise<string> | null = null

/** @returns the digest as a PHC string. @throws Problem sign_in_busy */
export async function digestPassword(password: string): Promise<string> {
  return await bounded(async () => await hash(password.normalize('NFKC'), parameters))
}

/** @param digest null: there is none; the same work is done, and the answer is no. @throws Problem sign_in_busy */
export async function passwordMatches(password: string, digest: string | null): Promise<boolean> {
  return await bounded(async () => {
    dummyDigest ??= hash(randomBase62(32), parameters)
    const isRight = await verify(digest ?? (await dummyDigest), password.normalize('NFKC'))
    return isRight && digest !== null
  })
}

async function bounded<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
  if (limit.pendingCount >= mostWaiting) throw new Problem('sign_in_busy')
  return await limit(work)
}
