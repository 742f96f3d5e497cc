// Where refused credentials come from, as they are counted: one customer of a provider is one source.

import fc from 'fast-check'
import t from 'tap'
import { sourceOf } from '../../domain/source.ts'
import { holds } from './property.ts'

const group = fc.integer({ min: 0, max: 0xffff })
const someZeros = fc.oneof(group, fc.constant(0))
const groupsOfAddress = fc.array(someZeros, { minLength: 8, maxLength: 8 })
const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255))

function hex(groups: readonly number[]): string {
  return groups.map((each) => each.toString(16)).join(':')
}

/** The URL parser of the platform, which knows IPv6 and writes it as RFC 5952 says. */
function networkByUrl(groups: readonly number[]): string {
  const { hostname } = new URL(`http://[${hex([...groups.slice(0, 4), 0, 0, 0, 0])}]`)
  return `${hostname.slice(1, -1)}/64`
}

/** Another way to write the same groups: a run of zeros shortened, if there is one from `start` on. */
function shortened(groups: readonly number[], start: number): string {
  let end = start
  while (groups[end] === 0) end++
  if (end === start) return hex(groups)
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(end))}`
}

t.test('IPv4 is the address itself, also when it comes as IPv6', (t) => {
  for (const [address, source] of [
    ['192.0.2.1', '192.0.2.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
  ] as const)
    t.equal(sourceOf(address), source, address)
  holds(
    t,
    fc.property(octets, ([a, b, c, d]) => {
      const address = [a, b, c, d].join('.')
      const groups = [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d]
      return [address, `::ffff:${address}`, hex(groups)].every((form) => sourceOf(form) === address)
    }),
  )
  t.end()
})

t.test('IPv6 is its /64 network, however the address is written', (t) => {
  for (const [address, source] of [
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:0003:0004:0005:0006', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:0:0:8::', '2001:db8::/64'],
    ['2001:db8:0:7::1', '2001:db8:0:7::/64'],
    ['::1', '::/64'],
    ['::', '::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['1::8', '1::/64'],
    ['1::2:3:4:5:6.7.8.9', '1:0:2:3::/64'],
    ['1:2:3:4:5:6:7.8.9.10', '1:2:3:4::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['fe80:0:0:9::1%2', 'fe80:0:0:9::/64'],
  ] as const)
    t.equal(sourceOf(address), source, address)
  const isMapped = (groups: readonly number[]): boolean => hex(groups).startsWith('0:0:0:0:0:ffff:')
  holds(
    t,
    fc.property(groupsOfAddress, fc.nat(7), (groups, start) => {
      fc.pre(!isMapped(groups))
      const forms = [hex(groups), hex(groups).toUpperCase(), shortened(groups, start), `${hex(groups)}%en0`]
      return forms.every((form) => sourceOf(form) === networkByUrl(groups))
    }),
    1_000,
  )
  t.end()
})

t.test('addresses of one network are one source, those of two networks are two', (t) => {
  holds(
    t,
    fc.property(groupsOfAddress, groupsOfAddress, (one, other) => {
      const sameNetwork = [...one.slice(0, 4), ...other.slice(4)]
      fc.pre(one.slice(0, 4).some((each) => each !== 0) && other.slice(0, 4).some((each) => each !== 0))
      const areOne = hex(one.slice(0, 4)) === hex(other.slice(0, 4))
      return (
        sourceOf(hex(one)) === sourceOf(hex(sameNetwork)) &&
        (sourceOf(hex(one)) === sourceOf(hex(other))) === areOne
      )
    }),
  )
  t.end()
})

t.test('threat 18: whatever is no address is one source, so that junk does not become many', (t) => {
  const junk = [
    '',
    'unknown',
    '_hidden',
    '999.1.1.1',
    '::ffff:999.1.1.1',
    '1.2.3.4:5678',
    '[::1]',
    '::1::',
    'x'.repeat(9_999),
  ]
  for (const text of [...junk, '192.0.2.1 ', '1:2:3', '01.2.3.4', '<script>'])
    t.equal(sourceOf(text), 'unknown', text.slice(0, 20))
  holds(
    t,
    fc.property(fc.string(), (text) => /^[\d.a-f:/]+$|^unknown$/.test(sourceOf(text))),
  )
  t.end()
})
