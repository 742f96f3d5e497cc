/**
 * Text that others wrote (descriptions, user names, what a server says) as it may be shown on a terminal: nothing in it
 * can move the cursor, change colours, set the title or turn the direction of writing.
 */

/** Controls (C0, DEL, C1), format characters (bidirectional overrides among them), line and paragraph separators. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu

/** One line without any control character; breaks and tabs become spaces. */
export function plainText(text: string): string {
  return text.replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ').replace(unprintable, '')
}

/** The same for text of several lines; line breaks stay. */
export function plainLines(text: string): string {
  return text.split(/\r?\n/).map(plainText).join('\n')
}

/**
 * JSON that means the same and holds no character a terminal could obey: JSON.stringify escapes C0, but not DEL and C1,
 * of which U+009B alone begins an escape sequence.
 */
export function plainJson(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, null, indent) ?? 'null'
  return text.replace(unprintable, (character) =>
    // JSON's own line breaks, between members.
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
          .join(''),
  )
}
