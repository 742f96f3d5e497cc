/**
 * Where refused credentials come from, as they are counted. Pure.
 */
import { isIPv6 } from 'node:net'

/**
 * The address itself; of IPv6 its /64 network, which is what one customer of a provider has (RFC 6177): or a flood from one
 * machine would be a flood of addresses. IPv4 inside IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address.
 */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [beginning = '', end] = (address.split('%')[0] ?? '').split('::')
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : [])
  const before = groups(beginning)
  const after = groups(end)
  const zeros = end === undefined ? 0 : 8 - before.length - after.length
  const all = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after]
  const network = all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
