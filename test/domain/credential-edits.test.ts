// A credential that was changed in any way: the parser refuses it, or, where somebody made the checksum right again, the
// digest does.

import fc from 'fast-check'
import t from 'tap'
import { makeCredential, parseCredential } from '../../domain/credential.ts'
import { digestMatches, digestOf, parsePeppers } from '../../domain/pepper.ts'
import { Secret } from '../../domain/secret.ts'
import { alphabet, base62String, handmade, sealed, siteId, withPart } from './handmade-credential.ts'
import { holds } from './property.ts'

const peppers = parsePeppers(
  `1:${Buffer.alloc(32, 1).toString('base64')},2:${Buffer.alloc(32, 2).toString('base64')}`,
)
if (typeof peppers === 'string') throw new Error(peppers)
const [newest, older] = peppers
if (newest === undefined || older === undefined) throw new Error('two peppers were given')

/** What somebody may write in the place of a character: all that is allowed, and its neighbours. */
const replacements = [...alphabet, '_', '-', '+', '/', '=', '.', ' ', '\n', '\u0000', 'é', '０', '\u{1f511}']

function* oneCharacterEdits(text: string): Generator<string> {
  for (let place = 0; place <= text.length; place++) {
    const before = text.slice(0, place)
    const after = text.slice(place + 1)
    for (const character of replacements) {
      yield before + character + text.slice(place)
      if (place < text.length) yield before + character + after
    }
    yield before + after
    yield before
    yield text.slice(place)
    for (let other = place + 1; other < text.length; other++) {
      yield withPart(withPart(text, place, text.charAt(other)), other, text.charAt(place))
    }
  }
}

for (const { kind, body, ids } of handmade) {
  t.test(
    `${kind}: every one-character edit, cut and swap of a credential is refused by its text alone`,
    (t) => {
      const text = sealed(body)
      let count = 0
      const accepted: string[] = []
      for (const edited of oneCharacterEdits(text)) {
        if (edited === text) continue
        count++
        if (parseCredential(edited, siteId) !== 'credential_malformed') accepted.push(edited)
      }
      t.strictSame(accepted, [])
      t.ok(count > 7_000, `${count} edits were tried`)
      t.end()
    },
  )

  t.test(`${kind}: no edit of any credential gets past both the parser and the digest`, (t) => {
    const idsOfKind = fc.record(Object.fromEntries(Object.keys(ids).map((name) => [name, base62String(8)])))
    const edit = fc.record({
      start: fc.nat(70),
      removed: fc.nat(70),
      added: fc.oneof(base62String(1), base62String(6), fc.string({ maxLength: 8 })),
    })
    holds(
      t,
      fc.property(idsOfKind, edit, (newIds, { start, removed, added }) => {
        const { secret } = makeCredential(kind, siteId, newIds)
        const text = secret.reveal()
        const edited = text.slice(0, start) + added + text.slice(start + removed)
        fc.pre(edited !== text)
        const parsed = parseCredential(edited, siteId)
        return typeof parsed === 'string' || !digestMatches(newest, parsed.secret, digestOf(newest, secret))
      }),
      500,
    )
    t.end()
  })

  t.test(`${kind}: with the checksum made right again, the digest refuses every change`, (t) => {
    const text = sealed(body)
    const digest = digestOf(newest, new Secret(text))
    t.ok(digestMatches(newest, new Secret(text), digest), 'the original matches')
    let parsedCount = 0
    const accepted: string[] = []
    for (let place = 8; place < body.length; place++) {
      for (const character of alphabet) {
        if (character === body.charAt(place)) continue
        const forged = parseCredential(sealed(withPart(body, place, character)), siteId)
        if (typeof forged === 'string') continue
        parsedCount++
        if (digestMatches(newest, forged.secret, digest)) accepted.push(forged.secret.reveal())
      }
    }
    t.equal(parsedCount, (body.length - 8) * 61, 'each of them passes the parser')
    t.strictSame(accepted, [])
    t.end()
  })
}

t.test('an API key is no session cookie with the same ids and secret, though both are as long', (t) => {
  const [apiKey, , session] = handmade
  const original = new Secret(sealed(apiKey.body))
  const forged = parseCredential(sealed(withPart(apiKey.body, 0, 'lkw_')), siteId)
  if (typeof forged === 'string') throw new Error(forged)
  t.equal(forged.kind, session.kind)
  t.notOk(digestMatches(newest, forged.secret, digestOf(newest, original)))
  t.end()
})

t.test('a digest matches its own text under its own pepper and nothing else', (t) => {
  holds(
    t,
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, other) => {
      const digest = digestOf(newest, new Secret(text))
      return (
        digestMatches(newest, new Secret(text), digest) &&
        digestMatches(newest, new Secret(other), digest) === (other === text) &&
        !digestMatches(older, new Secret(text), digest)
      )
    }),
  )
  t.end()
})

t.test('what is no digest of 32 bytes matches nothing: none, empty, cut, lengthened, zeros, junk', (t) => {
  const secret = new Secret(sealed(handmade[0].body))
  const digest = digestOf(newest, secret)
  const zeros = Buffer.alloc(32).toString('base64url')
  const longer = Buffer.concat([Buffer.from(digest, 'base64url'), Buffer.from([0])]).toString('base64url')
  for (const stored of [
    null,
    '',
    'x',
    digest.slice(0, 42),
    digest.slice(1),
    longer,
    zeros,
    '!'.repeat(43),
    '[secret]',
  ]) {
    t.equal(digestMatches(newest, secret, stored), false, String(stored))
  }
  t.end()
})
