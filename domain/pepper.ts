/**
 * Peppers and the keyed digest: HMAC-SHA-256(pepper, whole credential string). Only digests are stored; whoever reads
 * or writes Redis but lacks the pepper can neither recognise a credential nor plant one.
 * Peppers are numbered: the newest mints, older ones verify until they are retired.
 */
import { createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { hmacSha256 } from './hmac.ts'
import type { Secret } from './secret.ts'

export interface Pepper {
  /** 1 to 999,999; the highest mints. */
  readonly number: number
  readonly key: KeyObject
}

const leastPepperBytes = 32

/**
 * `1:base64,2:base64` → the peppers, newest first.
 * @returns a sentence (without its subject) that says what is wrong, never the value
 */
export function parsePeppers(text: string): readonly Pepper[] | string {
  const peppers: Pepper[] = []
  for (const part of text.split(',')) {
    const [, digits, base64] = /^\s*([1-9]\d{0,5}):([A-Za-z0-9+/_-]+=*)\s*$/.exec(part) ?? []
    if (digits === undefined || base64 === undefined) {
      return 'must be a comma-separated list of number:base64, such as 1:…,2:… (its value is not shown here).'
    }
    const bytes = Buffer.from(base64, 'base64')
    const number = Number(digits)
    if (bytes.length < leastPepperBytes) return `number ${number} is shorter than ${leastPepperBytes} bytes.`
    if (peppers.some((pepper) => pepper.number === number)) return `names number ${number} twice.`
    peppers.push({ number, key: createSecretKey(bytes) })
  }
  return peppers.sort((left, right) => right.number - left.number)
}

/** The stored form of a credential: 43 characters of base64url. */
export function digestOf(pepper: Pepper, secret: Secret): string {
  return hmacSha256(pepper.key, secret.reveal())
}

/**
 * Compares a presented secret with a stored digest in constant time. Without a stored digest (no such record) the same
 * work is done against zeros, so that a miss takes as long as a mismatch (threat 9).
 */
export function digestMatches(pepper: Pepper, secret: Secret, storedDigest: string | null): boolean {
  const presented = Buffer.from(digestOf(pepper, secret))
  const stored = Buffer.from(storedDigest ?? '')
  const hasStored = stored.length === presented.length
  return timingSafeEqual(presented, hasStored ? stored : Buffer.alloc(presented.length)) && hasStored
}

/** What the site record keeps of a pepper, to recognise a wrong one at boot: it reveals nothing about credentials. */
export function pepperCheck(pepper: Pepper, siteId: string): string {
  return hmacSha256(pepper.key, `pepper check ${siteId}`).slice(0, 22)
}
