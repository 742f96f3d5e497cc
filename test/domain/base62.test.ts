import fc from 'fast-check'
import t from 'tap'
import { base62Alphabet, encodeBase62, isBase62, randomBase62 } from '../../domain/base62.ts'
import { alphabet } from './handmade-credential.ts'
import { holds } from './property.ts'

t.test('random text has the length that was asked for, in letters and digits only', (t) => {
  t.equal(base62Alphabet, alphabet)
  for (const length of [0, 1, 4, 8, 32, 1000]) {
    const text = randomBase62(length)
    t.equal(text.length, length)
    t.match(text, /^[0-9A-Za-z]*$/)
  }
  t.end()
})

t.test('every character of random text is equally likely, in every place of a secret', (t) => {
  const secretLength = 32
  const secrets = 10_000
  const counts = new Map([...alphabet].map((character) => [character, 0]))
  const first = new Map(counts)
  const last = new Map(counts)
  const count = (counter: Map<string, number>, character: string): void => {
    counter.set(character, (counter.get(character) ?? Number.NaN) + 1)
  }
  for (let drawn = 0; drawn < secrets; drawn++) {
    const text = randomBase62(secretLength)
    for (const character of text) count(counts, character)
    count(first, text.charAt(0))
    count(last, text.charAt(secretLength - 1))
  }
  // A fair generator exceeds 153 (61 degrees of freedom) about once in 10^9 runs; `byte % 62` comes to about 2,100.
  const chiSquare = (counter: Map<string, number>, total: number): number => {
    const expected = total / 62
    return [...counter.values()].reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0)
  }
  t.equal(counts.size, 62)
  t.ok(chiSquare(counts, secrets * secretLength) < 153)
  t.ok(chiSquare(first, secrets) < 153)
  t.ok(chiSquare(last, secrets) < 153)
  t.end()
})

t.test('a number is written in fixed length, most significant first, and reads back', (t) => {
  t.equal(encodeBase62(0, 6), '000000')
  t.equal(encodeBase62(61, 6), '00000z')
  t.equal(encodeBase62(62, 6), '000010')
  t.equal(encodeBase62(0xffffffff, 6), '4gfFC3')
  const read = (text: string): number =>
    [...text].reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0)
  holds(
    t,
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (number) => {
      const text = encodeBase62(number, 6)
      return text.length === 6 && read(text) === number
    }),
  )
  t.end()
})

t.test('isBase62 knows letters and digits of ASCII from everything else', (t) => {
  t.ok(isBase62(''))
  t.ok(isBase62(alphabet))
  holds(
    t,
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      return isBase62(text) === [...text].every((character) => alphabet.includes(character))
    }),
  )
  for (const text of ['a\n', '\na', 'a b', 'a_', 'é', '０', '\u212a', '\u0000']) t.notOk(isBase62(text))
  t.end()
})
