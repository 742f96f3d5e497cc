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

t.test('HTTP Basic with the user name apikey carries a key, in any case of the scheme', (t) => {
  for (const scheme of ['Basic', 'basic', 'BASIC', 'bAsIc']) {
    t.strictSame(authorization(`${scheme} ${base64(`apikey:${key}`)}`), { carrier: 'key', text: key })
  }
  // Written by other programs: `printf apikey:abc | base64`.
  t.strictSame(authorization('Basic YXBpa2V5OmFiYw=='), { carrier: 'key', text: 'abc' })
  // The example of RFC 7617 §2.
  t.strictSame(authorization('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='), {
    carrier: 'service',
    name: 'Aladdin',
    text: 'open sesame',
  })
  // RFC 7617 §2.1: "test" and "123£" in UTF-8.
  t.strictSame(authorization('Basic dGVzdDoxMjPCow=='), { carrier: 'service', name: 'test', text: '123£' })
  t.end()
})

t.test('any other user name is a service, and nothing of it is trimmed, folded or normalised', (t) => {
  const names = [
    'Apikey',
    'APIKEY',
    ' apikey',
    'apikey ',
    'apikey\t',
    'apikey\u0000',
    '\u0000apikey',
    '\ufeffapikey',
  ]
  names.push(
    'ａｐｉｋｅｙ',
    'аpikey',
    'apikey\n',
    'api',
    'apikeys',
    'apikey|',
    '',
    ' ',
    '__proto__',
    'constructor',
  )
  for (const name of names) {
    t.strictSame(
      authorization(basic(`${name}:${key}`)),
      { carrier: 'service', name, text: key },
      JSON.stringify(name),
    )
  }
  t.end()
})

t.test('the first colon ends the user name; the password keeps all the rest, spaces and colons too', (t) => {
  for (const text of [
    '',
    ':',
    'a:b',
    `${key}:`,
    ` ${key}`,
    `${key} `,
    `${key}\n`,
    `apikey|${key}`,
    'é🔑',
    '\u0000',
    '\ufeff',
  ]) {
    t.strictSame(authorization(basic(`apikey:${text}`)), { carrier: 'key', text }, JSON.stringify(text))
    t.strictSame(authorization(basic(`first:${text}`)), { carrier: 'service', name: 'first', text })
  }
  t.end()
})

t.test('any user name and password in UTF-8 come out as they went in', (t) => {
  const anything = fc.string({ unit: 'binary', maxLength: 60 })
  holds(
    t,
    fc.property(anything, anything, (name, text) => {
      fc.pre(!name.includes(':') && name !== 'apikey')
      const service = authorization(basic(`${name}:${text}`))
      const carried = authorization(basic(`apikey:${text}`))
      return (
        service.carrier === 'service' &&
        service.name === name &&
        service.text === text &&
        carried.carrier === 'key' &&
        carried.text === text
      )
    }),
    500,
  )
  t.end()
})

t.test('Bearer carries a key as it stands', (t) => {
  t.strictSame(authorization(`Bearer ${key}`), { carrier: 'key', text: key })
  t.strictSame(authorization(`bearer ${key}`), { carrier: 'key', text: key })
  // What is no key comes out unchanged, for the parser of keys to refuse.
  for (const text of [
    ` ${key}`,
    `${key} `,
    `\t${key}`,
    `"${key}"`,
    `apikey:${key}`,
    base64(`apikey:${key}`),
    `${key},x`,
  ]) {
    t.strictSame(authorization(`Bearer ${text}`), { carrier: 'key', text }, text)
  }
  t.end()
})

t.test('unknown schemes, missing parts and other separators than one space are malformed', (t) => {
  const token = base64(`apikey:${key}`)
  const headers = [
    '',
    ' ',
    '  ',
    'Basic',
    'Basic ',
    'Bearer',
    'Bearer ',
    ` Basic ${token}`,
    ` ${token}`,
    token,
    key,
  ]
  headers.push(`Basic\t${token}`, `Bearer\t${key}`, `Basic\u00a0${token}`, `Basic:${token}`, `Basic=${token}`)
  headers.push(
    `Basic  ${token}`,
    `Basic${token}`,
    `Basics ${token}`,
    `"Basic" ${token}`,
    `basic, Basic ${token}`,
  )
  headers.push(`ＢＡＳＩＣ ${token}`, `Ba\u017fic ${token}`, `BaSİC ${token}`)
  headers.push(
    'Digest username="apikey"',
    `Negotiate ${token}`,
    `Token ${key}`,
    `ApiKey ${key}`,
    `apikey ${key}`,
  )
  headers.push(`constructor ${token}`, `__proto__ ${token}`, 'undefined', 'null', '[object Object]')
  headers.push('bearer!', `basic${token}`, 'Basic:', 'Bearer=')
  for (const header of headers) t.strictSame(authorization(header), malformed, JSON.stringify(header))
  t.end()
})

t.test('the header apikey carries a key; sent twice it is malformed', (t) => {
  t.strictSame(readCarrier({ apikey: key }), { carrier: 'key', text: key })
  t.strictSame(readCarrier({ apikey: '' }), { carrier: 'key', text: '' })
  t.strictSame(readCarrier({ apikey: `${key}, ${key}` }), { carrier: 'key', text: `${key}, ${key}` })
  for (const apikey of [[], [key], [key, key]]) t.strictSame(readCarrier({ apikey }), malformed)
  t.end()
})

t.test('no carrier at all is told apart from a broken one', (t) => {
  t.strictSame(readCarrier({}), { carrier: 'none' })
  t.strictSame(readCarrier({ authorization: undefined, apikey: undefined }), { carrier: 'none' })
  t.end()
})

t.test(
  'an Authorization header counts even when it is broken: nothing falls through to the header apikey',
  (t) => {
    for (const header of ['', ' ', 'Basic', 'Basic !', `Digest ${key}`, basic('apikey'), 'x'.repeat(2_000)]) {
      t.strictSame(readCarrier({ authorization: header, apikey: key }), malformed, header.slice(0, 40))
    }
    t.strictSame(readCarrier({ authorization: basic('first:wrong'), apikey: key }), {
      carrier: 'service',
      name: 'first',
      text: 'wrong',
    })
    t.strictSame(readCarrier({ authorization: 'Bearer other', apikey: key }), {
      carrier: 'key',
      text: 'other',
    })
    t.end()
  },
)

t.test(
  'a session cookie counts only where no header carries anything, and is not even looked at otherwise',
  (t) => {
    t.strictSame(
      readCarrier({}, () => key),
      { carrier: 'cookie', text: key },
    )
    t.strictSame(
      readCarrier({}, () => ''),
      { carrier: 'cookie', text: '' },
    )
    t.strictSame(
      readCarrier({}, () => undefined),
      { carrier: 'none' },
    )
    let asked = 0
    const cookie = (): string => {
      asked++
      return key
    }
    for (const header of ['', 'Basic', `Digest ${key}`, 'x'.repeat(2_000)]) {
      t.strictSame(readCarrier({ authorization: header }, cookie), malformed, header.slice(0, 40))
    }
    t.match(readCarrier({ authorization: 'Bearer other' }, cookie), { carrier: 'key', text: 'other' })
    t.match(readCarrier({ apikey: 'other' }, cookie), { carrier: 'key', text: 'other' })
    t.match(readCarrier({ apikey: '' }, cookie), { carrier: 'key', text: '' })
    t.strictSame(readCarrier({ apikey: ['a', 'b'] }, cookie), malformed)
    t.equal(asked, 0)
    t.end()
  },
)

t.test('threat 18: a header above 1,024 characters is not even decoded', (t) => {
  const exact = 'a'.repeat(1_024 - 'Bearer '.length)
  t.strictSame(authorization(`Bearer ${exact}`), { carrier: 'key', text: exact })
  t.strictSame(authorization(`Bearer ${exact}a`), malformed)
  t.strictSame(readCarrier({ apikey: 'a'.repeat(1_024) }), { carrier: 'key', text: 'a'.repeat(1_024) })
  t.strictSame(readCarrier({ apikey: 'a'.repeat(1_025) }), malformed)
  const longest = basic(`apikey:${'b'.repeat(756)}`)
  t.equal(longest.length, 1_026)
  t.strictSame(authorization(longest), malformed)
  t.match(authorization(basic(`apikey:${'b'.repeat(755)}`)), { carrier: 'key', text: 'b'.repeat(755) })
  for (const unit of ['Basic ', 'Bearer ', ' ', '\t', 'YXBpa2V5', '=', 'a:']) {
    t.strictSame(authorization(unit.repeat(100_000 / unit.length)), malformed, unit)
    t.strictSame(authorization(`Basic ${unit.repeat(100_000 / unit.length)}`), malformed)
  }
  t.end()
})
