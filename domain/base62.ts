/**
 * Base62 (0-9 A-Z a-z): random strings for ids and secrets, and fixed-length numbers for checksums.
 */
import { randomBytes } from 'node:crypto'

export const base62Alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The largest multiple of 62 in a byte: bytes from here on are drawn again, so that every character is equally likely. */
const unbiasedLimit = 248

/** `length` characters from the CSPRNG, 5.95 random bits each. */
export function randomBase62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length + 8)) {
      if (byte < unbiasedLimit && text.length < length) text += base62Alphabet[byte % 62]
    }
  }
  return text
}

/** A whole number below 62^length as exactly `length` characters, most significant first. */
export function encodeBase62(number: number, length: number): string {
  let text = ''
  let rest = number
  for (let position = 0; position < length; position++) {
    text = base62Alphabet[rest % 62] + text
    rest = Math.floor(rest / 62)
  }
  return text
}

export function isBase62(text: string): boolean {
  return /^[0-9A-Za-z]*$/.test(text)
}
