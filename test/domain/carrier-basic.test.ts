// Node's decoder of Base64 takes junk, spaces and base64url; the carrier must not.

import fc from 'fast-check'
import t from 'tap'
import { readCarrier } from '../../domain/carrier.ts'
import { handmade, sealed } from './handmade-credential.ts'
import { holds } from './property.ts'

const key = sealed(handmade[0].body)
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')
const basic = (userPass: string | Uint8Array): string => `Basic ${base64(userPass)}`
const authorization = (header: string) => readCarrier({ authorization: header })
const malformed = { carrier: 'malformed' }

t.test('Base64 is taken in its one canonical form only', (t) => {
  // 'apikey:>>>???' has + and / in standard Base64 and needs no padding with 14 + 1 characters.
  const canonical = base64('apikey:>>>???~~')
  t.match(canonical, /[+/]/)
  t.match(authorization(`Basic ${canonical}`), { carrier: 'key' })
  const padded = base64('apikey:abc')
  t.match(padded, /==$/)
  const changed = [
    canonical.replaceAll('+', '-').replaceAll('/', '_'),
    `${canonical}=`,
    `${canonical}==`,
    `${canonical}!`,
    `${canonical}\n`,
    `${canonical}\u0000`,
    `${canonical},`,
    `${canonical}, Basic ${canonical}`,
    `${canonical} realm="x"`,
    ` ${canonical}`,
    `${canonical} `,
    `\t${canonical}`,
    `${canonical.slice(0, 4)} ${canonical.slice(4)}`,
    `${canonical.slice(0, 4)}\r\n${canonical.slice(4)}`,
    `${canonical.slice(0, 4)}.${canonical.slice(4)}`,
    `${canonical.slice(0, 4)}é${canonical.slice(4)}`,
    `"${canonical}"`,
    padded.slice(0, -1),
    padded.slice(0, -2),
    `${padded}=`,
    `=${padded}`,
    padded.replace('==', '=A'),
    // The last character before the padding carries four bits that nobody reads.
    padded.replace(/.==$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}==`),
    `${padded}${padded}`,
    '=',
    '====',
    'A',
    'AB',
    `apikey:${key}`,
    key,
  ]
  for (const token of changed) t.strictSame(authorization(`Basic ${token}`), malformed, JSON.stringify(token))
  t.end()
})

t.test('no text in the place of the Base64 is read otherwise than by encoding it again', (t) => {
  const token = fc.oneof(
    fc.base64String(),
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^[\w+/= -]{0,40}$/),
  )
  holds(
    t,
    fc.property(token, (text) => {
      const carried = authorization(`Basic ${text}`)
      if (carried.carrier === 'malformed') return true
      const name = carried.carrier === 'service' ? carried.name : 'apikey'
      return carried.carrier !== 'none' && base64(`${name}:${carried.text}`) === text
    }),
    1_000,
  )
  t.end()
})

t.test('bytes that are not UTF-8 are refused, never replaced', (t) => {
  for (const bytes of [
    [0xff],
    [0x80],
    [0xc3],
    [0xc0, 0xaf],
    [0xe0, 0x80, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xa3],
  ]) {
    const junk = Buffer.from(bytes)
    t.strictSame(
      authorization(basic(Buffer.concat([Buffer.from('apikey:'), junk]))),
      malformed,
      junk.toString('hex'),
    )
    t.strictSame(authorization(basic(Buffer.concat([junk, Buffer.from(':x')]))), malformed)
  }
  t.end()
})

t.test('a user name without a colon carries nothing', (t) => {
  for (const userPass of ['apikey', key, ' ', 'apikey;x', 'apikey：x', 'apikey%3Ax']) {
    t.strictSame(authorization(basic(userPass)), malformed, userPass)
  }
  t.end()
})
