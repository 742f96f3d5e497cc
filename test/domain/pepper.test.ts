import { createHmac, createSecretKey, KeyObject, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { Problem } from '../../domain/errors.ts'
import { digestOf, type Pepper, parsePeppers, pepperCheck } from '../../domain/pepper.ts'
import { createPepperRing } from '../../domain/pepper-ring.ts'
import { Secret } from '../../domain/secret.ts'
import { handmade, sealed } from './handmade-credential.ts'
import { holds } from './property.ts'

const base64Of = (byte: number, length = 32): string => Buffer.alloc(length, byte).toString('base64')

function parsed(text: string): readonly Pepper[] {
  const peppers = parsePeppers(text)
  if (typeof peppers === 'string') throw new Error(peppers)
  return peppers
}

const bytesOf = ({ key }: Pepper): string => key.export().toString('hex')

t.test('peppers are read in every usual form of Base64, newest first, as keys that do not print', (t) => {
  const bytes = Buffer.concat([Buffer.from([0xfb, 0xff, 0xfe]), randomBytes(31)])
  const forms = [
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('base64').replace(/=+$/, ''),
  ]
  for (const form of forms) {
    const [pepper, ...rest] = parsed(`7:${form}`)
    if (pepper === undefined) throw new Error('no pepper')
    t.equal(rest.length, 0)
    t.equal(pepper.number, 7)
    t.ok(pepper.key instanceof KeyObject)
    t.equal(pepper.key.type, 'secret')
    t.equal(bytesOf(pepper), bytes.toString('hex'))
    t.notMatch(JSON.stringify(pepper) + String(pepper.key), form.slice(0, 12))
  }

  const several = parsed(` 2:${base64Of(2)} , 10:${base64Of(3, 64)},1:${base64Of(1)}\n`)
  t.strictSame(
    several.map(({ number }) => number),
    [10, 2, 1],
  )
  t.strictSame(several.map(bytesOf), ['03'.repeat(64), '02'.repeat(32), '01'.repeat(32)])
  t.equal(parsed(`999999:${base64Of(1)}`)[0]?.number, 999_999)
  t.end()
})

t.test('anything else is refused with a sentence that never repeats the value', (t) => {
  const good = base64Of(200)
  const form = /^must be a comma-separated list of number:base64/
  const refusals: [text: string, why: RegExp][] = [
    ['', form],
    [' ', form],
    [',', form],
    [good, form],
    [`:${good}`, form],
    [`1:`, form],
    [`1:${good},`, form],
    [`,1:${good}`, form],
    [`1:${good},,2:${base64Of(2)}`, form],
    [`1:${good};2:${base64Of(2)}`, form],
    [`1:${good} 2:${base64Of(2)}`, form],
    [`1 :${good}`, form],
    [`1: ${good}`, form],
    [`1=${good}`, form],
    [`1::${good}`, form],
    [`0:${good}`, form],
    [`01:${good}`, form],
    [`-1:${good}`, form],
    [`+1:${good}`, form],
    [`1.5:${good}`, form],
    [`1e3:${good}`, form],
    [`1000000:${good}`, form],
    [`١:${good}`, form],
    [`one:${good}`, form],
    [`1:"${good}"`, form],
    [`1:${good.slice(0, 20)}=${good.slice(20)}`, form],
    [`1:${good.slice(0, 20)} ${good.slice(20)}`, form],
    [`1:${good.slice(0, 20)}\u0000${good.slice(20)}`, form],
    [`1:${good.slice(0, 20)}é${good.slice(20)}`, form],
    [`1:$(openssl rand -base64 32)`, form],
    ['1:=', form],
    [`3:${base64Of(200, 31)}`, /^number 3 is shorter than 32 bytes\.$/],
    ['4:aaaa', /^number 4 is shorter than 32 bytes\.$/],
    [`1:${good},2:${base64Of(200, 31)}`, /^number 2 is shorter than 32 bytes\.$/],
    [`5:${good},5:${base64Of(2)}`, /^names number 5 twice\.$/],
    [`5:${good},5:${good}`, /^names number 5 twice\.$/],
  ]
  for (const [text, why] of refusals) {
    const refusal = parsePeppers(text)
    t.match(refusal, why, JSON.stringify(text))
    t.notOk(String(refusal).includes(good.slice(0, 8)), 'the value is not shown')
  }
  t.end()
})

t.test('no text makes the reader of peppers crash or repeat it', (t) => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(',', ':', '1:', '2:', ' ', '=', base64Of(9), base64Of(9, 20)),
    fc.nat().map(String),
  )
  holds(
    t,
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const outcome = parsePeppers(pieces.join(''))
      return typeof outcome !== 'string'
        ? outcome.length > 0 && outcome.every(({ key }) => (key.symmetricKeySize ?? 0) >= 32)
        : !/[A-Za-z0-9+/]{24}/.test(outcome) && outcome.length < 120
    }),
    1_000,
  )
  t.end()
})

t.test('the digest is HMAC-SHA-256: the test cases of RFC 4231 whose message is text', (t) => {
  const digestOfText = (pepper: Pepper, text: string): string =>
    Buffer.from(digestOf(pepper, new Secret(text)), 'base64url').toString('hex')
  const shortest = { number: 1, key: createSecretKey(Buffer.alloc(20, 0x0b)) }
  t.equal(
    digestOfText(shortest, 'Hi There'),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  )
  const jefe = { number: 1, key: createSecretKey(Buffer.from('Jefe')) }
  t.equal(
    digestOfText(jefe, 'what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
  const [long] = parsed(`1:${base64Of(0xaa, 131)}`)
  if (long === undefined) throw new Error('no pepper')
  t.equal(
    digestOfText(long, 'Test Using Larger Than Block-Size Key - Hash Key First'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  )
  t.equal(
    digestOfText(
      long,
      'This is a test using a larger than block-size key and a larger than block-size data. ' +
        'The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  )
  t.end()
})

t.test('the digest is what Node computes, for keys around the block length and any text', (t) => {
  // Any UTF-16 units, so lone surrogates, too.
  const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 200 })
  const anyKey = fc
    .oneof(fc.constantFrom(32, 63, 64, 65, 128), fc.integer({ min: 1, max: 200 }))
    .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
  holds(
    t,
    fc.property(anyKey, anyText, (bytes, text) => {
      const pepper = { number: 1, key: createSecretKey(bytes) }
      const expected = createHmac('sha256', bytes).update(text, 'utf8').digest('base64url')
      // Twice, because what is computed from the key may be kept.
      return [1, 2].every(() => digestOf(pepper, new Secret(text)) === expected)
    }),
    1_000,
  )
  t.end()
})

t.test('the digest covers the whole credential, in 43 characters that do not show it', (t) => {
  const [pepper] = parsed(`1:${base64Of(1)}`)
  if (pepper === undefined) throw new Error('no pepper')
  for (const { body } of handmade) {
    const text = sealed(body)
    const digest = digestOf(pepper, new Secret(text))
    t.equal(digest, createHmac('sha256', Buffer.alloc(32, 1)).update(text, 'utf8').digest('base64url'))
    t.match(digest, /^[A-Za-z0-9_-]{43}$/)
  }
  t.end()
})

t.test('the check value of a pepper tells peppers and sites apart and is no digest of a credential', (t) => {
  const [two, one] = parsed(`1:${base64Of(1)},2:${base64Of(2)}`)
  if (one === undefined || two === undefined) throw new Error('no peppers')
  const checks = [pepperCheck(one, 'S1te'), pepperCheck(two, 'S1te'), pepperCheck(one, 'Ste1')]
  t.equal(new Set(checks).size, 3)
  t.equal(pepperCheck(one, 'S1te'), checks[0], 'always the same')
  for (const check of checks) t.match(check, /^[A-Za-z0-9_-]{22}$/)
  t.not(digestOf(one, new Secret('S1te')).slice(0, 22), checks[0])
  t.end()
})

t.test('a ring mints with the highest number and finds each by number, in any order', (t) => {
  const [three, two, one] = parsed(`1:${base64Of(1)},2:${base64Of(2)},3:${base64Of(3)}`)
  if (one === undefined || two === undefined || three === undefined) throw new Error('no peppers')
  for (const order of [
    [one, two, three],
    [three, two, one],
    [two, three, one],
  ]) {
    const ring = createPepperRing(order)
    t.equal(ring.newest, three)
    t.equal(ring.all.length, 3)
    for (const pepper of order) t.equal(ring.byNumber(pepper.number), pepper)
  }
  t.throws(() => createPepperRing([]), TypeError)
  t.end()
})

t.test('a pepper that is not in the ring is a 503 that names its number in the log only, never a no', (t) => {
  const ring = createPepperRing(parsed(`2:${base64Of(2)}`))
  for (const number of [0, 1, 3, 999_999, -1, 2.5, Number.NaN]) {
    let thrown: unknown
    try {
      ring.byNumber(number)
    } catch (error) {
      thrown = error
    }
    if (!(thrown instanceof Problem)) throw new Error(`number ${number} was found`, { cause: thrown })
    t.equal(thrown.code, 'pepper_unknown')
    t.equal(thrown.status, 503)
    t.match(thrown.cause, { message: `no pepper number ${number} in LATCHKEY_PEPPERS` })
    t.notOk(thrown.message.includes('number'))
  }
  t.end()
})
