/**
 * Which of several representations a client wants, by its Accept header (RFC 9110 §12.5.1).
 */
import Negotiator from 'negotiator'

/**
 * @param accept the header; absent: anything goes
 * @param offered media types in our order of preference, without parameters
 * @returns the offered type that the client prefers, or null when it accepts none of them
 */
export function preferredMediaType<Offered extends string>(
  accept: string | undefined,
  offered: readonly Offered[],
): Offered | null {
  const preferred = new Negotiator({ headers: { accept } }).mediaType([...offered])
  return offered.find((type) => type === preferred) ?? null
}
