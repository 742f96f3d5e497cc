import t from 'tap'
import { readConfig } from '../config.ts'
import { checkVariable, refusal } from './config-variable.ts'

const pepper = Buffer.alloc(32, 200).toString('base64')
const peppers = `1:${pepper}`

t.test('LATCHKEY_PUBLIC_URL is an origin, and becomes the form in which browsers send it', (t) => {
  checkVariable(
    t,
    'LATCHKEY_PUBLIC_URL',
    'publicUrl',
    [
      ['https://keys.example.org', 'https://keys.example.org'],
      ['https://keys.example.org/', 'https://keys.example.org'],
      ['HTTPS://Keys.Example.ORG:443/', 'https://keys.example.org'],
      ['http://keys.example.org:80', 'http://keys.example.org'],
      ['http://10.0.0.1:8080', 'http://10.0.0.1:8080'],
      ['http://[::1]:3000', 'http://[::1]:3000'],
      ['http://key_server:3000', 'http://key_server:3000'],
      ['https://schlüssel.example', 'https://xn--schlssel-95a.example'],
    ],
    [
      'keys.example.org',
      'localhost:3000',
      '//keys.example.org',
      'https://',
      'https://keys.example.org/path',
      'https://keys.example.org/?x',
      'https://keys.example.org/#x',
      'https://user@keys.example.org',
      'https://user:canary@keys.example.org',
      'https://keys.example.org:99999',
      'https://keys example.org',
      'https://keys.example.org, https://other.example',
      'ftp://keys.example.org',
      'javascript:alert(1)',
      'file:///etc',
      // Variables that nobody expanded, wildcards, and what would end the realm's quotes.
      'https://$\u007bDOMAIN}',
      'https://$DOMAIN',
      'https://{{ domain }}',
      'https://*.example.org',
      'https://a"b.example',
    ],
  )
  t.end()
})

t.test('REDIS_URL has a scheme and a host, or is a socket', (t) => {
  for (const url of [
    'redis://localhost',
    'redis://10.0.0.1:6379/2',
    'rediss://user:canary@redis.example:6380',
    'redis://:canary@redis',
    'redis://[::1]:6379',
    'unix:/run/redis.sock',
  ]) {
    t.equal(readConfig({ REDIS_URL: url, LATCHKEY_PEPPERS: peppers }).redisUrl, url)
  }
  for (const url of [
    'localhost',
    'localhost:6379',
    'redis:6379',
    'redis:localhost',
    'redis://',
    'redis:///2',
    'redis://:canary@',
    'redis://h:port',
    'redis:/run/redis.sock',
    'http://redis:6379',
    'valkey://redis',
    'unix:run/redis.sock',
    '/run/redis.sock',
    'rediss//redis',
    // The client would connect to these without TLS.
    'REDISS://user:canary@redis.example',
    'Rediss://redis.example',
  ]) {
    const message = refusal({ REDIS_URL: url, LATCHKEY_PEPPERS: peppers })
    t.match(message, /^REDIS_URL must be redis:\/\/host, /, url)
    t.notOk(message?.includes('canary'))
  }
  t.end()
})

t.test('an external Redis without peppers is refused: each instance would make up its own', (t) => {
  const message = refusal({ REDIS_URL: 'redis://:canary@redis.example', LATCHKEY_PEPPERS: ' ' })
  t.match(message, /^LATCHKEY_PEPPERS is needed with REDIS_URL/)
  t.notMatch(message, 'canary')
  t.notMatch(message, 'redis.example')
  t.end()
})

t.test('LATCHKEY_PEPPERS are read newest first, also for the embedded Redis', (t) => {
  const config = readConfig({ LATCHKEY_PEPPERS: ` ${peppers},12:${Buffer.alloc(32, 2).toString('base64')} ` })
  t.strictSame(
    config.peppers?.map(({ number }) => number),
    [12, 1],
  )
  t.end()
})

t.test('threat 7: a refusal never repeats a pepper', (t) => {
  for (const value of [
    pepper,
    `1:${pepper},`,
    `x:${pepper}`,
    `1:${pepper},1:${pepper}`,
    `1:${pepper.slice(0, 20)}`,
    `1:"${pepper}"`,
  ]) {
    const message = refusal({ LATCHKEY_PEPPERS: value })
    t.match(message, /^LATCHKEY_PEPPERS (must be|names|number)/)
    t.notOk(message?.includes(pepper.slice(0, 8)), message ?? '')
  }
  t.end()
})

t.test('LATCHKEY_TRUSTED_PROXIES are addresses and ranges, by comma or space', (t) => {
  const list = [
    '10.0.0.1',
    '10.0.0.0/8',
    '::1',
    'fd00::/8',
    '::ffff:10.0.0.1',
    '192.0.2.7/32',
    '2001:db8::/128',
    '10.0.0.0/1',
  ]
  checkVariable(
    t,
    'LATCHKEY_TRUSTED_PROXIES',
    'trustedProxies',
    [
      ['10.0.0.1', ['10.0.0.1']],
      [' 10.0.0.1 , ::1,,\n10.1.0.0/16 ', ['10.0.0.1', '::1', '10.1.0.0/16']],
      [',', []],
      [list.join(' '), list],
    ],
    [
      'nginx',
      'true',
      '1',
      '*',
      'loopback',
      '10.0.0',
      '10.0.0.256',
      // Other programs read these as 8.0.0.1 and as 127.0.0.1.
      '010.0.0.1',
      '2130706433',
      '0x7f.1',
      '10.0.0.1:80',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/08',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '10.0.0.0/255.0.0.0',
      // Everybody.
      '0.0.0.0/0',
      '::/0',
      'fd00::/129',
      '[::1]',
      'fd00:::1',
      '10.0.0.1;10.0.0.2',
      '10.0.0.1 nginx',
    ],
  )
  t.end()
})
