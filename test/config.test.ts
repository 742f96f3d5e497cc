import { resolve } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { readConfig } from '../config.ts'
import { checkVariable, refusal } from './config-variable.ts'
import { holds } from './domain/property.ts'

t.test('nothing set is a server for this machine alone, with an embedded Redis', (t) => {
  t.strictSame(
    { ...readConfig({}) },
    {
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://localhost:3000',
      dataFolder: resolve('data'),
      redisUrl: null,
      peppers: null,
      replicas: 0,
      isStrict: false,
      trustedProxies: [],
      mayUseInsecureCookies: false,
      logLevel: 'info',
    },
  )
  t.end()
})

t.test('empty and blank variables count as absent', (t) => {
  const names = [
    'HOST',
    'PORT',
    'REDIS_URL',
    'LOG_LEVEL',
    'LATCHKEY_PUBLIC_URL',
    'LATCHKEY_DATA',
    'LATCHKEY_PEPPERS',
  ]
  names.push('LATCHKEY_REPLICAS', 'LATCHKEY_STRICT', 'LATCHKEY_TRUSTED_PROXIES', 'LATCHKEY_INSECURE_COOKIES')
  for (const value of ['', ' ', '\t\n', undefined]) {
    const environment = Object.fromEntries(names.map((name) => [name, value]))
    t.strictSame(readConfig(environment), readConfig({}), JSON.stringify(value))
  }
  t.end()
})

t.test('the config cannot be changed', (t) => {
  const config = readConfig({})
  t.ok(Object.isFrozen(config))
  t.throws(() => Object.assign(config, { isStrict: true }), TypeError)
  t.equal(config.isStrict, false)
  t.end()
})

t.test('HOST and LATCHKEY_DATA are taken as they are, without spaces around', (t) => {
  checkVariable(
    t,
    'HOST',
    'host',
    [
      ['0.0.0.0', '0.0.0.0'],
      [' :: ', '::'],
    ],
    [],
  )
  checkVariable(
    t,
    'LATCHKEY_DATA',
    'dataFolder',
    [
      ['/var/lib/latchkey', '/var/lib/latchkey'],
      ['elsewhere/', resolve('elsewhere')],
      ['/srv/../srv/keys', '/srv/keys'],
    ],
    [],
  )
  t.end()
})

t.test('PORT is a port', (t) => {
  const refused = [
    '65536',
    '-1',
    '3000.0',
    '3e3',
    '0x10',
    'http',
    '3000/tcp',
    'tcp://10.0.0.1:3000',
    '30 00',
    '٣',
    '999999999999',
  ]
  checkVariable(
    t,
    'PORT',
    'port',
    [
      ['0', 0],
      ['1', 1],
      [' 8080 ', 8080],
      ['65535', 65_535],
    ],
    refused,
  )
  t.equal(
    readConfig({ PORT: '8080' }).publicUrl,
    'http://localhost:8080',
    'and the default public address has it',
  )
  t.end()
})

t.test('LATCHKEY_REPLICAS is a small whole number', (t) => {
  const refused = ['-1', '17', '1.5', 'one', 'NaN', 'Infinity', '+1', '1,2', 'true']
  checkVariable(
    t,
    'LATCHKEY_REPLICAS',
    'replicas',
    [
      ['0', 0],
      ['1', 1],
      ['16', 16],
    ],
    refused,
  )
  t.end()
})

t.test('switches are on or off, and nothing that looks like it', (t) => {
  const on = ['on', 'On', 'TRUE', 'yes', '1'].map((value) => [value, true] as const)
  const off = ['off', 'False', 'no', '0'].map((value) => [value, false] as const)
  const refused = ['y', 'enabled', '2', 'strict', 'onn', 'null', '"on"']
  checkVariable(t, 'LATCHKEY_STRICT', 'isStrict', [...on, ...off], refused)
  checkVariable(t, 'LATCHKEY_INSECURE_COOKIES', 'mayUseInsecureCookies', [...on, ...off], refused)
  t.end()
})

t.test('LOG_LEVEL is a level of pino', (t) => {
  const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
  const taken = [...levels.map((level) => [level, level] as const), ['WARN', 'warn'] as const]
  checkVariable(t, 'LOG_LEVEL', 'logLevel', taken, ['warning', 'verbose', '30', 'constructor', 'info,debug'])
  t.end()
})

t.test('a near miss of a name is refused with the right one: it would silently leave a safety off', (t) => {
  const near = {
    LATCHKEY_REPLICAS: [
      'LATCHKEY_REPLICA',
      'LATCHKEY_REPLICASS',
      'LATCHKEY_REPLCIAS',
      'LATCHKEY-REPLICAS',
      'LATCHEY_REPLICAS',
    ],
    LATCHKEY_PEPPERS: [
      'LATCHKEY_PEPPER',
      'LATCHKEYPEPPERS',
      'LATCH_KEY_PEPPERS',
      'latchkey_peppers',
      'Latchkey_Pepper',
    ],
    LATCHKEY_PUBLIC_URL: [
      'LATCHKEY_PUBLICURL',
      'LATCHKEY_PUBLIC_URI',
      'LATCHKEY_PUBLIC-URL',
      'LATCHKEY_PUBLIC_URLS',
    ],
    LATCHKEY_TRUSTED_PROXIES: ['LATCHKEY_TRUSTED_PROXY', 'LATCHKEY_TRUSTEDPROXIES', 'LATCHKEY_TRUST_PROXIES'],
    LATCHKEY_STRICT: ['LATCHKEY_STRIC', 'LATCHKEY_STICT', 'LATCHKEY_STRICT_', ' LATCHKEY_STRICT'],
    LATCHKEY_INSECURE_COOKIES: [
      'LATCHKEY_INSECURE_COOKIE',
      'LATCHKEY_INSECURECOOKIES',
      'LATCHKEY_SECURE_COOKIES',
    ],
    LATCHKEY_DATA: ['LATCHKEY_DATE', 'LATCHKEY_DATAS', 'LATCHKEY_DTAA', 'LATCKHEY_DATA', 'latchkey_data'],
  }
  for (const [known, misses] of Object.entries(near)) {
    for (const miss of misses) {
      const message = refusal({ [miss]: 'canary' })
      t.equal(message, `${miss} is not a setting of Latchkey; did you mean ${known}?`)
      t.equal(refusal({ [miss]: 'canary', [known]: '' }), message, 'also beside the right one')
    }
  }
  t.end()
})

t.test('names that are not ours are ignored, whatever they hold', (t) => {
  const others = [
    'LATCHKEY_SERVICE_HOST',
    'LATCHKEY_SERVICE_PORT',
    'LATCHKEY_SERVICE_PORT_HTTP',
    'LATCHKEY_PORT',
  ]
  others.push(
    'LATCHKEY_PORT_3000_TCP',
    'LATCHKEY_PORT_3000_TCP_ADDR',
    'LATCHKEY_PORT_3000_TCP_PROTO',
    'LATCHKEY',
  )
  others.push(
    'LATCHKEY_REDIS_SERVICE_HOST',
    'LATCHKEY_REDIS_PORT',
    'LATCHKEY_DATA_SERVICE_HOST',
    'LATCHKEY_TAG',
  )
  others.push(
    'LATCHKEY_IMAGE',
    'LATCHKEY_VERSION',
    'PEPPERS',
    'REPLICAS',
    'PUBLIC_URL',
    'PATH',
    'HOME',
    'HOSTNAME',
    'PORTS',
  )
  others.push('REDIS_PORT', 'REDIS_HOST', 'NODE_ENV', 'TRUSTED_PROXIES', '__proto__', 'constructor', '', '_')
  const environment = Object.fromEntries(others.map((name) => [name, 'tcp://10.0.0.1:3000']))
  t.strictSame(readConfig(environment), readConfig({}))
  t.end()
})

t.test(
  'whatever the environment holds, reading it gives a config or a refusal that names the variable',
  (t) => {
    const names = [
      'HOST',
      'PORT',
      'REDIS_URL',
      'LOG_LEVEL',
      'LATCHKEY_PUBLIC_URL',
      'LATCHKEY_DATA',
      'LATCHKEY_PEPPERS',
    ]
    names.push(
      'LATCHKEY_REPLICAS',
      'LATCHKEY_STRICT',
      'LATCHKEY_TRUSTED_PROXIES',
      'LATCHKEY_INSECURE_COOKIES',
    )
    holds(
      t,
      fc.property(fc.constantFrom(...names), fc.string({ unit: 'binary' }), (name, value) => {
        const message = refusal({ [name]: value })
        return message === null || message.startsWith(`${name} `)
      }),
      2_000,
    )
    t.end()
  },
)
