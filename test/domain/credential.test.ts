import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { makeCredential, makeId, parseCredential } from '../../domain/credential.ts'
import { alphabet, base62String, handmade, sealed, siteId, withPart } from './handmade-credential.ts'
import { holds } from './property.ts'

t.test('the checksum of the tests is CRC-32: its published check value', (t) => {
  // CRC-32/ISO-HDLC of "123456789" is cbf43926 in every catalogue of CRCs.
  t.equal(crc32('123456789'), 0xcbf43926)
  const digits = sealed('123456789').slice(9)
  t.equal(
    [...digits].reduce((sum, digit) => sum * 62 + alphabet.indexOf(digit), 0),
    0xcbf43926,
  )
  t.end()
})

for (const { kind, body, ids, id, length } of handmade) {
  t.test(`a handmade credential of kind ${kind} is read, part by part`, (t) => {
    const text = sealed(body)
    t.equal(text.length, length)
    const parsed = parseCredential(text, siteId)
    if (typeof parsed === 'string') throw new Error(parsed)
    const { secret, ...rest } = parsed
    t.strictSame(rest, { kind, user: '', session: '', key: '', ...ids, id })
    t.equal(secret.reveal(), text, 'the secret is the whole text')
    t.end()
  })

  t.test(`a new credential of kind ${kind} is laid out like the handmade one and reads back`, (t) => {
    const idsOfKind = fc.record(Object.fromEntries(Object.keys(ids).map((name) => [name, base62String(8)])))
    holds(
      t,
      fc.property(base62String(4), idsOfKind, (site, newIds) => {
        const made = makeCredential(kind, site, newIds)
        const text = made.secret.reveal()
        const parsed = parseCredential(text, site)
        const publicId = Object.values(newIds).join('')
        const secretPart = text.slice(8 + publicId.length, -6)
        return (
          typeof parsed !== 'string' &&
          text === sealed(body.slice(0, 4) + site + publicId + secretPart) &&
          /^[0-9A-Za-z]{32}$/.test(secretPart) &&
          made.id === publicId &&
          parsed.secret.reveal() === text &&
          (['kind', 'user', 'session', 'key', 'id'] as const).every((name) => parsed[name] === made[name])
        )
      }),
    )
    t.end()
  })

  t.test(`a credential of kind ${kind} of another site is refused as that, whatever else it holds`, (t) => {
    holds(
      t,
      fc.property(base62String(4), base62String(body.length - 8), (site, rest) => {
        fc.pre(site !== siteId)
        const text = sealed(body.slice(0, 4) + site + rest)
        return parseCredential(text, siteId) === 'credential_of_another_site'
      }),
    )
    // One letter of another case is another site.
    t.equal(parseCredential(sealed(withPart(body, 4, 's1te')), siteId), 'credential_of_another_site')
    t.end()
  })
}

t.test('the old prefixes are told apart from other junk, whatever follows them', (t) => {
  const key = sealed(handmade[0].body)
  for (const prefix of ['apikey|', 'session|']) {
    for (const rest of ['', key, '5f4dcc3b5aa765d61d8327deb882cf99', '\u0000', ' ']) {
      t.equal(parseCredential(prefix + rest, siteId), 'credential_legacy_prefix', prefix + rest)
    }
  }
  for (const text of [
    'apikey',
    'apikey:',
    'Apikey|x',
    ' apikey|x',
    'apikey｜x',
    'session',
    'SESSION|x',
    '|',
  ]) {
    t.equal(parseCredential(text, siteId), 'credential_malformed', JSON.stringify(text))
  }
  t.end()
})

t.test('nothing else is a credential: unknown prefixes, spaces, look-alikes, NUL, nothing at all', (t) => {
  const refused = (text: string): void => {
    t.equal(parseCredential(text, siteId), 'credential_malformed', JSON.stringify(text))
  }
  for (const text of ['', 'l', 'lka_', 'lka', '____', 'null', 'undefined', '[secret]', '__proto__', '\ud800'])
    refused(text)
  for (const { body } of handmade) {
    const text = sealed(body)
    for (const prefix of ['lkb_', 'LKA_', 'lka-', 'lka.', 'lkA_', 'lk__', 'ghp_', '    ']) {
      refused(sealed(withPart(body, 0, prefix)))
    }
    for (const space of [
      ' ',
      '\t',
      '\n',
      '\r\n',
      '\u0000',
      '\u00a0',
      '\u200b',
      '\ufeff',
      '"',
      "'",
      ',',
      ';',
    ]) {
      refused(space + text)
      refused(text + space)
      refused(space + text + space)
      refused(withPart(text, 20, space))
      refused(withPart(text, text.length - space.length, space))
    }
    // Cyrillic and full-width l, k, a; full-width underscore; digits of other scripts; a long s; a combining mark.
    for (const [place, alike] of [
      [0, 'ӏ'],
      [0, 'ｌ'],
      [1, 'к'],
      [1, '\u212a'],
      [2, 'а'],
      [3, '＿'],
      [10, '０'],
      [11, '٠'],
      [20, 'ſ'],
      [30, '\u0301'],
      [40, '\u{1d7d8}'],
    ] as const) {
      refused(withPart(text, place, alike))
      refused(sealed(withPart(body, place, alike)))
    }
    // With the right checksum, too: what is not Base62 never gets as far as a name in Redis.
    for (const character of ['_', '-', '+', '/', ':', '{', '}', '*', ' ', '\n', '\u0000', '\u007f']) {
      for (const place of [4, 8, 15, body.length - 1]) refused(sealed(withPart(body, place, character)))
    }
    refused(text.toLowerCase())
    refused(text.toUpperCase())
    refused(text + text)
    refused(encodeURIComponent(text).replace('_', '%5F'))
  }
  t.end()
})

t.test('threat 18: a text of 100 kB is refused like any other', (t) => {
  const filler = 100_000
  const texts = ['a', 'lka_', '\u0000', '|', '😀', '\ud800', ' '].map((unit) =>
    unit.repeat(filler / unit.length),
  )
  for (const { body } of handmade) {
    texts.push(
      sealed(body).padEnd(filler, '0'),
      sealed(body.padEnd(filler, 'a')),
      body.repeat(filler / body.length),
    )
  }
  for (const text of texts) {
    t.equal(parseCredential(text, siteId), 'credential_malformed', `${text.slice(0, 8)}… (${text.length})`)
  }
  t.equal(parseCredential(`apikey|${'a'.repeat(filler)}`, siteId), 'credential_legacy_prefix')
  t.end()
})

t.test('a credential is only made with the very ids that its kind has', (t) => {
  const [user, session, key] = [makeId(), makeId(), makeId()]
  const subsets = [
    {},
    { user },
    { session },
    { key },
    { user, session },
    { user, key },
    { session, key },
    { user, session, key },
  ]
  for (const { kind, ids } of handmade) {
    const names = Object.keys(ids).join()
    for (const subset of subsets) {
      const make = () => makeCredential(kind, siteId, subset)
      if (Object.keys(subset).join() === names) t.doesNotThrow(make, `${kind} with ${names}`)
      else t.throws(make, TypeError, `${kind} with ${Object.keys(subset).join()}`)
    }
  }
  for (const id of [
    '',
    'User001',
    'User00001',
    'User 001',
    'User_001',
    'Üser0001',
    'User001\n',
    'User0001Key00001',
  ]) {
    t.throws(() => makeCredential('api-key', siteId, { user: id, key }), TypeError, JSON.stringify(id))
    t.throws(() => makeCredential('api-key', siteId, { user, key: id }), TypeError, JSON.stringify(id))
  }
  t.end()
})

t.test('10,000 secrets of the same ids, and 10,000 ids, are all different', (t) => {
  const ids = { user: 'User0001', key: 'Key00001' }
  const texts = new Set<string>()
  const parts = new Set<string>()
  const newIds = new Set<string>()
  for (let count = 0; count < 10_000; count++) {
    const text = makeCredential('api-key', siteId, ids).secret.reveal()
    texts.add(text)
    // Either half alone, too: no part of the secret is a constant or a counter of few values.
    parts.add(text.slice(24, 40)).add(text.slice(40, 56))
    newIds.add(makeId())
  }
  t.equal(texts.size, 10_000)
  t.equal(parts.size, 20_000)
  t.equal(newIds.size, 10_000)
  t.end()
})
