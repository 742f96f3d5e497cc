/**
 * Where refused credentials come from, as they are counted. Pure.
 */
import { isIPv4, isIPv6 } from 'node:net'

/** What is no address: a connection that was closed already has none, and a proxy may pass anything on. */
export const unknownSource = 'unknown'

/**
 * The address itself; of IPv6 its /64 network (as RFC 5952 writes it), which is what one customer of a provider has (RFC
 * 6177): or a flood from one machine would be a flood of addresses. IPv4 inside IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address.
 */
export function sourceOf(address: string): string {
  if (isIPv4(address)) return address
  if (!isIPv6(address)) return unknownSource
  const groups = groupsOf(address)
  if (groups.slice(0, 6).join() === '0,0,0,0,0,65535')
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 255])
      .join('.')
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':').replace(/(?:(?:^|:)0)+$/, '')}::/64`
}

/** The eight groups of an IPv6 address, without its zone. */
function groupsOf(address: string): readonly number[] {
  const [beginning = '', end] = (address.split('%')[0] ?? '').split('::')
  const before = numbersOf(beginning)
  const after = numbersOf(end ?? '')
  const zeros = Array<number>(8 - before.length - after.length).fill(0)
  return [...before, ...zeros, ...after]
}

/** The last part may be an IPv4 address: two groups. */
function numbersOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const [first = 0, second = 0, third = 0, fourth = 0] = part.split('.').map(Number)
    return [first * 256 + second, third * 256 + fourth]
  })
}
