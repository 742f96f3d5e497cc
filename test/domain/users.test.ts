import fc from 'fast-check'
import t from 'tap'
import { Problem } from '../../domain/errors.ts'
import { foldUserName, foldUserNameBeginning } from '../../domain/users.ts'
import { holds } from './property.ts'

/** The folded name, or null where it is refused as it should be. */
function folded(name: string): string | null {
  try {
    return foldUserName(name)
  } catch (error) {
    if (error instanceof Problem && error.code === 'user_name_invalid') return null
    throw error
  }
}

const codesOf = (text: string): string => [...text].map((c) => c.codePointAt(0)?.toString(16)).join(' ')

t.test('names that differ only in case or in compatible characters are one user', (t) => {
  const same: [folded: string, ...names: string[]][] = [
    [
      'ada@example.org',
      'Ada@Example.org',
      'ADA@EXAMPLE.ORG',
      'ａｄａ@example.org',
      'ada＠example.org',
      '𝐀𝐝𝐚@example.org',
    ],
    ['strasse', 'Straße', 'STRASSE', 'STRAẞE', 'straſſe', 'ﬆraße'],
    ['sigmund', 'ſigmund', 'Sigmund'],
    ['οδοσ', 'ΟΔΟΣ', 'οδος', 'οδοσ', 'Οδοϲ'],
    ['i̇stanbul', 'İstanbul', 'i\u0307stanbul', 'I\u0307stanbul', 'İSTANBUL'],
    ['josé', 'José', 'JOSE\u0301', 'jose\u0301', 'JOSÉ'],
    ['å', 'Å', '\u212b', 'A\u030a', 'a\u030a'],
    ['kelvin', '\u212aelvin', 'KELVIN'],
    ['ff', 'ﬀ', 'FF', 'Ff'],
    ['iv', 'Ⅳ', 'ⅳ', 'IV'],
    ['1st', '①st', '¹ST', '１ˢᵗ'],
    ['ა', 'ა', 'Ა'],
    ['ꭰ', 'ꭰ', 'Ꭰ'],
    ['𐐨', '𐐀'],
    ['ada lovelace', 'Ada\u00a0Lovelace', 'ADA\u3000LOVELACE', 'ada\u2003lovelace'],
    ['漢字', '漢字'],
    ['ガ', 'ガ', 'ｶﾞ', 'カ\u3099'],
    ['가', '가', '\u1100\u1161'],
    ['\u{1f511}ada', '\u{1f511}Ada'],
    ['!?', '!?', '！？', '⁉'],
  ]
  for (const [expected, ...names] of same) {
    for (const name of names)
      t.equal(codesOf(foldUserName(name)), codesOf(expected), `${name} is ${expected}`)
  }
  t.end()
})

t.test('names that merely resemble each other stay apart', (t) => {
  const apart: [string, string][] = [
    // In upper case the dotless i is an I: whoever registers dıana elsewhere must not become diana here.
    ['dıana', 'diana'],
    ['DIANA', 'dıana'],
    ['i\u0307', 'i'],
    ['аda', 'ada'],
    ['ada', 'adа'],
    ['o', 'ο'],
    ['jose', 'josé'],
    ['ada lovelace', 'ada  lovelace'],
    ['adalovelace', 'ada lovelace'],
    ['a.da', 'ada'],
    ['ada@example.org', 'ada@example.org.'],
    ['ada', '"ada"'],
    ['ø', 'o'],
    ['l', '1'],
  ]
  for (const [left, right] of apart) t.not(foldUserName(left), foldUserName(right), `${left}, ${right}`)
  t.end()
})

t.test(
  'a name with control, invisible, private, unassigned or broken characters is refused, wherever they stand',
  (t) => {
    const refused = {
      control: ['\u0000', '\u0007', '\t', '\n', '\r', '\u001b', '\u007f', '\u0085', '\u009f'],
      'line and paragraph separators': ['\u2028', '\u2029'],
      'bidirectional controls': [
        '\u061c',
        '\u200e',
        '\u200f',
        '\u202a',
        '\u202b',
        '\u202d',
        '\u202e',
        '\u2066',
        '\u2069',
      ],
      'zero width': ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u180e', '\u034f'],
      'blank letters': ['\u115f', '\u1160', '\u3164', '\uffa0', '\u17b4'],
      'variation selectors and tags': ['\ufe00', '\ufe0f', '\u{e0100}', '\u{e0041}', '\u180b'],
      private: ['\ue000', '\u{f0000}', '\u{10fffd}'],
      'not characters, or not yet': ['\ufffe', '\uffff', '\u0378', '\u{1ffff}'],
      'lone surrogates': ['\ud800', '\udfff', '\udc00\ud800'],
    }
    for (const [what, characters] of Object.entries(refused)) {
      for (const character of characters) {
        for (const name of [
          `ada${character}`,
          `${character}ada`,
          `a${character}da`,
          character,
          `ada ${character} x`,
        ]) {
          t.equal(folded(name), null, `${what}: ${codesOf(name)}`)
        }
      }
    }
    t.end()
  },
)

t.test('a name has no space at its ends, of any kind, also not once it is folded', (t) => {
  const spaces = [' ', '\u00a0', '\u1680', '\u2000', '\u2003', '\u200a', '\u202f', '\u205f', '\u3000']
  // A bare accent folds to a space and a combining accent.
  for (const space of [...spaces, '\u00a8', '\u00b4', '\u02d8']) {
    t.equal(folded(`${space}ada`), null, codesOf(space))
    t.equal(folded(space), null)
  }
  for (const space of spaces) t.equal(folded(`ada${space}`), null, codesOf(space))
  t.equal(folded(''), null)
  t.equal(folded('ada lovelace'), 'ada lovelace')
  t.end()
})

t.test('a name has at most 128 characters, before and after folding', (t) => {
  t.equal(folded('a'.repeat(128)), 'a'.repeat(128))
  t.equal(folded('a'.repeat(129)), null)
  t.equal(folded('\u{1f511}'.repeat(128)), '\u{1f511}'.repeat(128), 'characters, not UTF-16 units')
  t.equal(folded('\u{1f511}'.repeat(129)), null)
  // Shorter once composed: what was sent counts, too.
  t.equal(folded('e\u0301'.repeat(64)), 'é'.repeat(64))
  t.equal(folded('e\u0301'.repeat(65)), null)
  // These grow: ß to ss, İ by a dot, ﬃ to three, ﷺ to eighteen characters.
  t.equal(folded('ß'.repeat(64)), 's'.repeat(128))
  t.equal(folded('ß'.repeat(65)), null)
  t.equal(folded('İ'.repeat(65)), null)
  t.equal(folded('ﬃ'.repeat(42))?.length, 126)
  t.equal(folded('ﬃ'.repeat(43)), null)
  t.equal(folded('ﷺ'.repeat(7))?.length, 126)
  t.equal(folded('ﷺ'.repeat(8)), null)
  t.end()
})

t.test('threat 18: a name of 100 kB is refused like any other that is too long', (t) => {
  for (const unit of ['a', ' ', '\u0301', 'ﷺ', '\ud800', 'İ', '\u{1f511}', '\u0000']) {
    t.equal(folded(unit.repeat(100_000 / unit.length)), null, codesOf(unit))
  }
  t.end()
})

const letters = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom(...'aAßẞſİiIıΣσςÅǅǆŉﬃᾳΐԲևẖꭰ \u0301\u0308\u0307@.'),
    minLength: 1,
    maxLength: 12,
  }),
)

t.test('folding twice is folding once, for every name', (t) => {
  holds(
    t,
    fc.property(letters, (name) => {
      const once = folded(name)
      return once === null || folded(once) === once
    }),
    5_000,
  )
  t.end()
})

t.test('a name in upper case, in lower case or composed otherwise is the same user', (t) => {
  holds(
    t,
    fc.property(letters, (name) => {
      // The dotless ı is kept apart on purpose, and an iota subscript changes its place among other marks when
      // it becomes a letter (Unicode Standard, chapter 3.13).
      fc.pre(!/ı|\u0345/u.test(name.normalize('NFKD')))
      const once = folded(name)
      const variants = [name.toUpperCase(), name.toLowerCase(), name.normalize('NFD'), name.normalize('NFC')]
      // A variant may be too long for a name; it is never another user.
      return once === null || variants.every((variant) => [once, null].includes(folded(variant)))
    }),
    5_000,
  )
  t.end()
})

t.test('every letter that has a case is the same user in its other case', (t) => {
  let count = 0
  const apart: string[] = []
  for (let code = 0; code <= 0x10ffff; code++) {
    const letter = String.fromCodePoint(code)
    if (!letter.isWellFormed() || letter === 'ı') continue
    const variants = [letter.toUpperCase(), letter.toLowerCase()].filter((variant) => variant !== letter)
    if (variants.length === 0 || folded(`a${letter}z`) === null) continue
    count++
    if (variants.some((variant) => folded(`a${variant}z`) !== folded(`a${letter}z`))) apart.push(letter)
  }
  t.strictSame(apart, [])
  t.ok(count > 2_500, `${count} letters`)
  t.end()
})

t.test('the beginning of a name finds it, also where the name goes on after a sigma or a space', (t) => {
  t.equal(foldUserNameBeginning(''), '')
  t.equal(foldUserNameBeginning('ADA '), 'ada ')
  t.ok(foldUserName('ΟΔΟΣΑ').startsWith(foldUserNameBeginning('ΟΔΟΣ')))
  t.ok(foldUserName('Straßenbahn').startsWith(foldUserNameBeginning('STRASS')))
  for (const beginning of [' ada', '\u00a0', 'a\u0000', '\ud800', '\u202e', 'ß'.repeat(65)]) {
    t.throws(() => foldUserNameBeginning(beginning), { code: 'user_name_invalid' }, codesOf(beginning))
  }
  const ascii = fc.string({ unit: fc.constantFrom(...'abcXYZ0 @.ßΣσςŁéß漢'), minLength: 1, maxLength: 20 })
  holds(
    t,
    fc.property(ascii, fc.nat(20), (name, length) => {
      const whole = folded(name)
      return whole === null || whole.startsWith(foldUserNameBeginning(name.slice(0, length)))
    }),
    1_000,
  )
  t.end()
})
