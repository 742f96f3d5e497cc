import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { pino } from 'pino'
import t from 'tap'
import { makeCredential, makeId } from '../../domain/credential.ts'
import { hideCredentials, Secret } from '../../domain/secret.ts'
import { base62String, handmade, sealed } from './handmade-credential.ts'
import { holds } from './property.ts'

const text = sealed(handmade[0].body)
const secret = new Secret(text)

t.test('threat 7: a secret prints [secret] however it is printed', (t) => {
  const nested = {
    list: [secret],
    map: new Map([['key', { secret }]]),
    error: new Error('x', { cause: secret }),
  }
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) })
  logger.info(secret)
  logger.info({ secret, nested })
  logger.info({ err: nested.error }, 'failed')
  logger.info('minted %s %o %j %O', secret, secret, secret, nested)
  logger.child({ secret }).info('child')
  const printed = {
    'a template string': `${secret}`,
    concatenation: ['', secret].join(''),
    String: String(secret),
    toString: secret.toString(),
    'JSON.stringify': JSON.stringify(secret),
    'JSON.stringify, nested': JSON.stringify({ a: [secret] }),
    inspect: inspect(secret),
    'inspect, nested and in full': inspect(nested, {
      depth: 20,
      showHidden: true,
      showProxy: true,
      getters: true,
    }),
    'inspect without its hook': inspect(secret, { customInspect: false, showHidden: true }),
    'inspect through a proxy': inspect(new Proxy(secret, {}), { showProxy: true, showHidden: true }),
    '%s': format('%s', secret),
    '%o': format('%o', secret),
    '%O': format('%O', nested),
    '%j': format('%j', { secret }),
    '%d': format('%d', secret),
    'no format': format(secret, nested),
    'the own properties': JSON.stringify([Reflect.ownKeys(secret), Object.entries(secret), { ...secret }]),
    'a structured clone': inspect(structuredClone({ ...secret })),
    pino: lines.join(''),
  }
  for (const [how, output] of Object.entries(printed)) {
    t.notOk(
      output.includes(text.slice(8, 24)) || output.includes(text.slice(-16)),
      `${how}: ${output.slice(0, 80)}`,
    )
  }
  t.equal(printed['a template string'], '[secret]')
  t.equal(printed.String, '[secret]')
  t.equal(printed['JSON.stringify, nested'], '{"a":["[secret]"]}')
  t.equal(printed.inspect, '[secret]')
  t.equal(printed['%s'], '[secret]')
  t.equal(printed['%o'], '[secret]')
  t.equal(lines.length, 5)
  t.equal(secret.reveal(), text, 'and it is still there')
  t.end()
})

t.test('threat 7: every credential of ours is hidden in every text, whatever stands around it', (t) => {
  const surroundings = fc.string({ unit: 'binary', maxLength: 20 })
  const kinds = [
    ['api-key', { user: makeId(), key: makeId() }],
    ['session-key', { user: makeId(), session: makeId(), key: makeId() }],
    ['session', { user: makeId(), session: makeId() }],
    ['service', {}],
    ['invitation', { user: makeId() }],
  ] as const
  for (const [kind, ids] of kinds) {
    holds(
      t,
      fc.property(surroundings, base62String(4), surroundings, (before, site, after) => {
        const hidden = hideCredentials(before + makeCredential(kind, site, ids).secret.reveal() + after)
        // The credential may take letters and digits that follow it with it.
        return (
          hidden.includes('[secret]') && !/lk[aswvi]_[0-9A-Za-z]/.test(hidden) && hidden.startsWith(before)
        )
      }),
    )
  }
  t.end()
})

t.test('what is hidden and what is not', (t) => {
  const hidden: [shown: string, given: string][] = [
    ['[secret]', text],
    ['"[secret]"', `"${text}"`],
    ['apikey:[secret]@host', `apikey:${text}@host`],
    ['apikey|[secret]', `apikey|${text}`],
    ['[secret] and [secret]', `${text} and ${text}`],
    ['[secret]', text + text],
    ['x[secret]', `x${text}`],
    ['[secret]…', `${text.slice(0, 20)}…`],
    ['/v1/api-keys/[secret]?x', `/v1/api-keys/${text}?x`],
    ["'args beginning with: '[secret]' '", `'args beginning with: '${text}' '`],
    ['[secret]', 'lkz_01234567'],
  ]
  for (const [shown, given] of hidden) t.equal(hideCredentials(given), shown)
  for (const plain of [
    '',
    'User0001Key00001',
    'lk:{a}:k:User0001:Key00001',
    'lka_',
    'lka_0123456',
    'talk_about',
    '[secret]',
  ]) {
    t.equal(hideCredentials(plain), plain)
  }
  t.end()
})

t.test('threat 18: 100 kB of near misses come out unchanged', (t) => {
  for (const unit of ['lk', 'lka_ ', 'lka_012345 ', 'l', '_', 'a', ' ']) {
    const long = unit.repeat(100_000 / unit.length)
    t.ok(hideCredentials(long) === long, unit)
  }
  t.equal(hideCredentials(`lka_${'a'.repeat(100_000)}`), '[secret]')
  t.end()
})
