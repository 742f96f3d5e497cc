// The text of .netrc files: entries found as programs find them, everything else kept to the byte, doubtful texts refused.

import fc from 'fast-check'
import t from 'tap'
import { type NetrcEntry, readNetrc, setNetrcEntry } from '../../cli/netrc-text.ts'

const set = (text: string, machine = 'keys.example.org'): string =>
  setNetrcEntry(text, machine, 'apikey', 'lka_NEW')
const fresh = 'machine keys.example.org\n  login apikey\n  password lka_NEW\n'

t.test('a new entry: at the end, or before "default"', async (t) => {
  const other = 'machine other.example login ada password x\n'
  const cases: readonly (readonly [before: string, after: string])[] = [
    ['', fresh],
    [other, other + fresh],
    [other.trimEnd(), other + fresh],
    ['# a comment, no line break', `# a comment, no line break\n${fresh}`],
    ['\n\n', `\n\n${fresh}`],
    ['default login ada password x\n', `${fresh}default login ada password x\n`],
    [
      `${other}\n# for all else\ndefault\n login x\n`,
      `${other}\n# for all else\n${fresh}default\n login x\n`,
    ],
    [
      'machine a login b password c default login d',
      `machine a login b password c \n${fresh}default login d`,
    ],
    [`${other}# default login x\n`, `${other}# default login x\n${fresh}`],
    ['machine a\r\nlogin b\r\n', `machine a\r\nlogin b\r\n${fresh.replaceAll('\n', '\r\n')}`],
    ['\xef\xbb\xbfmachine a login b', `\xef\xbb\xbfmachine a login b\n${fresh}`],
  ]
  for (const [before, after] of cases) {
    const written = set(before)
    t.equal(written, after)
    t.equal(set(written), written, 'writing the same again changes nothing')
  }
})

t.test('a macro at the end does not swallow the new entry', async (t) => {
  const macro = 'machine a login b\nmacdef init\ncd /pub\nmachine keys.example.org login no'
  t.equal(set(macro), `${macro}\n\n${fresh}`)
  t.equal(set(`${macro}\n`), `${macro}\n\n${fresh}`)
  t.equal(set(`${macro}\n\n`), `${macro}\n\n${fresh}`)
  t.equal(set('macdef x\r\nbin\r\n'), `macdef x\r\nbin\r\n\r\n${fresh.replaceAll('\n', '\r\n')}`)
  t.equal(readNetrc(set(macro)).at(-1)?.password, 'lka_NEW')
})

t.test('an entry that is there: only its login and password change', async (t) => {
  const cases: readonly (readonly [before: string, after: string])[] = [
    [
      'machine keys.example.org login ada password old\n',
      'machine keys.example.org login apikey password lka_NEW\n',
    ],
    [
      '# first\nmachine keys.example.org # here\n\tlogin ada # who\n\tpassword old # what\n# last',
      '# first\nmachine keys.example.org # here\n\tlogin apikey # who\n\tpassword lka_NEW # what\n# last',
    ],
    ['machine Keys.Example.ORG password old\n', 'machine Keys.Example.ORG login apikey password lka_NEW\n'],
    ['machine keys.example.org', 'machine keys.example.org login apikey password lka_NEW'],
    [
      'machine keys.example.org login "a \\" b" account x password "c d"\r\nmachine b login c password d\r\n',
      'machine keys.example.org login apikey account x password lka_NEW\r\nmachine b login c password d\r\n',
    ],
    [
      'machine keys.example.org login #ada password #old # comment\n',
      'machine keys.example.org login apikey password lka_NEW # comment\n',
    ],
    [
      'machine keys.example.org password old login ada\nmacdef init\npassword no\n\ndefault login x password y',
      'machine keys.example.org password lka_NEW login apikey\nmacdef init\npassword no\n\ndefault login x password y',
    ],
    // 0xA0 is a space in Latin 1 and a part of a letter in UTF-8: à is 0xC3 0xA0.
    [
      'machine a login \xc3\xa0 password \xff\xfe\nmachine keys.example.org login a password b',
      'machine a login \xc3\xa0 password \xff\xfe\nmachine keys.example.org login apikey password lka_NEW',
    ],
  ]
  for (const [before, after] of cases) t.equal(set(before), after)
})

t.test('the machine is the whole name, in any case, and never one inside a value or a macro', async (t) => {
  const texts = [
    'machine keys.example.org.evil login a password b\n',
    'machine xkeys.example.org login a password b\n',
    'machine a login machine password keys.example.org\n',
    '# machine keys.example.org login a password b\n',
    'macdef m\nmachine keys.example.org login a password b\n\n',
    'machine "keys.example.org x" login a password b\n',
  ]
  for (const text of texts) t.equal(set(text), text + fresh)
})

t.test('what cannot be read for sure is refused, with its line', async (t) => {
  const refused: readonly (readonly [text: string, why: RegExp])[] = [
    ['machine a login b password c\nnonsense\n', /^Line 2 cannot be read for sure/],
    ['machine a login b password "c\nmachine d', /^Line 1: a quotation mark is not closed/],
    ['\n\nmachine', /^Line 3: "machine" without a value/],
    ['machine a login', /"login" without a value/],
    [
      'machine a password my secret words',
      /^Line 1 cannot be read for sure: no keyword where one should be\.$/,
    ],
    ['{"json": true}', /^Line 1 cannot be read/],
    ['\xff\xfem\0a\0c\0h\0', /^Line 1 cannot be read/],
  ]
  for (const [text, why] of refused) {
    t.throws(() => set(text), { name: 'NetrcRefused', message: why })
  }
  const twice = 'machine keys.example.org login a\nmachine b\nmachine KEYS.example.org login c\n'
  t.throws(() => set(twice), { message: /There are 2 entries of keys\.example\.org \(lines 1, 3\)/ })
  const shadowed = 'default login a password b\nmachine keys.example.org login c password d\n'
  t.throws(() => set(shadowed), { message: /\(line 2\) stands behind "default" \(line 1\)/ })
})

t.test('reading gives machines, logins and passwords as programs see them', async (t) => {
  const text =
    'machine a login b password c\n# x\nmachine "d e" user f account g password "h\\"i" default login j password k'
  const expected: readonly NetrcEntry[] = [
    { machine: 'a', login: 'b', password: 'c' },
    { machine: 'd e', login: 'f', password: 'h"i' },
    { machine: null, login: 'j', password: 'k' },
  ]
  t.same(readNetrc(text), expected)
})

t.test('whatever other entries, comments and macros there are: they stay, and ours is found', async (t) => {
  const word = fc.stringMatching(/^[A-Za-z0-9._@:#"\\-]{1,8}$/).filter((text) => !/^["#]/.test(text))
  const space = fc.constantFrom(' ', '\t', '\n', '\r\n', '  ', ' # a comment\n')
  const quoted = fc.stringMatching(/^[ a-z#]{0,8}$/).map((text) => `"${text}"`)
  const pair = fc
    .tuple(
      space,
      fc.constantFrom('login', 'password', 'account'),
      fc.constantFrom(' ', '\n'),
      fc.oneof(word, quoted),
    )
    .map((parts) => parts.join(''))
  const machine = fc
    .tuple(fc.constantFrom('a', 'b.example', 'xkeys.example.org'), fc.array(pair, { maxLength: 3 }))
    .map(([name, pairs]) => `machine ${name}${pairs.join('')}`)
  const macro = fc.constantFrom('macdef m\ncd /\nmachine keys.example.org login no\n\n', 'macdef n\n\n')
  const part = fc.oneof(machine, macro, fc.constant('# machine keys.example.org login no\n'))
  const text = fc.array(fc.tuple(part, space), { maxLength: 6 }).map((parts) => parts.flat().join(''))
  const ended = fc.tuple(text, fc.constantFrom('', 'default login x password y', 'macdef z\nquit'))
  fc.assert(
    fc.property(ended, ([body, end]) => {
      const before = body + end
      const written = set(before)
      const ours = readNetrc(written).filter((entry) => entry.machine === 'keys.example.org')
      const others = readNetrc(written).filter((entry) => entry.machine !== 'keys.example.org')
      return (
        JSON.stringify(ours) ===
          JSON.stringify([{ machine: 'keys.example.org', login: 'apikey', password: 'lka_NEW' }]) &&
        JSON.stringify(others) === JSON.stringify(readNetrc(before)) &&
        set(written) === written
      )
    }),
    { numRuns: 300 },
  )
  t.equal(readNetrc(set('')).length, 1)
})
