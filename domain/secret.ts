/**
 * A secret in hand: a full credential string that must not reach a log, an error or a JSON document by accident.
 * Whatever prints it prints `[secret]`; only `reveal()` gives the text, and every call of it is a place to review.
 */
import { inspect } from 'node:util'

export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The full string. Callers: the digest, and the one answer that shows a new credential. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/**
 * Replaces whatever looks like one of our credentials, for text that came from outside and is to be shown or logged
 * (a parser's message, an unknown field's name). The underscore is for a credential that follows another at once.
 */
export function hideCredentials(text: string): string {
  return text.replace(/lk[a-z]_[0-9A-Za-z_]{8,}/g, '[secret]')
}
