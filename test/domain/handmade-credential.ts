// The credential format written a second time, independently and slowly from its description: what
// the product makes and reads is compared with this.

import fc from 'fast-check'
import type { CredentialKind } from '../../domain/credential.ts'

export const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
export const siteId = 'S1te'

/** One fixed credential of each kind, all written by hand; only the six characters at the end are computed. */
export const handmade = [
  {
    kind: 'api-key',
    body: 'lka_S1teUser0001Key00001abcdefghijklmnopqrstuvwxyzABCDEF',
    ids: { user: 'User0001', key: 'Key00001' },
    id: 'User0001Key00001',
    length: 62,
  },
  {
    kind: 'session-key',
    body: 'lks_S1teUser0001Sess0001Key00001abcdefghijklmnopqrstuvwxyzABCDEF',
    ids: { user: 'User0001', session: 'Sess0001', key: 'Key00001' },
    id: 'User0001Sess0001Key00001',
    length: 70,
  },
  {
    kind: 'session',
    body: 'lkw_S1teUser0001Sess0001abcdefghijklmnopqrstuvwxyzABCDEF',
    ids: { user: 'User0001', session: 'Sess0001' },
    id: 'User0001Sess0001',
    length: 62,
  },
  {
    kind: 'service',
    body: 'lkv_S1teabcdefghijklmnopqrstuvwxyzABCDEF',
    ids: {},
    id: '',
    length: 46,
  },
  {
    kind: 'invitation',
    body: 'lki_S1teUser0001abcdefghijklmnopqrstuvwxyzABCDEF',
    ids: { user: 'User0001' },
    id: 'User0001',
    length: 54,
  },
] as const satisfies readonly Handmade[]

interface Handmade {
  readonly kind: CredentialKind
  readonly body: string
  readonly ids: { readonly user?: string; readonly session?: string; readonly key?: string }
  readonly id: string
  readonly length: number
}

/** The body with its checksum: a complete credential. */
export function sealed(body: string): string {
  return body + base62OfSix(slowCrc32(body))
}

/** `text` with the characters from `start` on replaced by `part`, of the same length. */
export function withPart(text: string, start: number, part: string): string {
  return text.slice(0, start) + part + text.slice(start + part.length)
}

export const base62String = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length })

/** Bit by bit, reflected, polynomial 0x04C11DB7 (as in zip, PNG and Ethernet). */
function slowCrc32(text: string): number {
  let register = 0xffffffff
  for (const character of text) {
    const code = character.charCodeAt(0)
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = ((register ^ (code >>> bit)) & 1) === 1
      register >>>= 1
      if (isOdd) register ^= 0xedb88320
    }
  }
  return (register ^ 0xffffffff) >>> 0
}

function base62OfSix(number: number): string {
  let rest = BigInt(number)
  const digits: string[] = []
  while (rest > 0n) {
    digits.unshift(alphabet.charAt(Number(rest % 62n)))
    rest /= 62n
  }
  return digits.join('').padStart(6, '0')
}
