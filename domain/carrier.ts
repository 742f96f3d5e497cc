/**
 * How a credential is carried: HTTP Basic (RFC 7617), Bearer (RFC 6750), the header `apikey`, or a session's cookie. The first carrier
 * present counts; there is no falling through to the next. Pure, no Redis; strict, because Node's Base64 decoder accepts
 * junk, spaces and base64url, and whatever is accepted here but not elsewhere is a bypass of somebody's log or filter.
 */
import { isUtf8 } from 'node:buffer'

export type Carried =
  | { readonly carrier: 'none' }
  /** A carrier that cannot be read. */
  | { readonly carrier: 'malformed' }
  /** A key, with the user name `apikey` or in a carrier without a user name. */
  | { readonly carrier: 'key'; readonly text: string }
  | { readonly carrier: 'service'; readonly name: string; readonly text: string }
  | { readonly carrier: 'cookie'; readonly text: string }

/** The Basic user name that goes with keys. No service has it. */
export const keyUserName = 'apikey'

/** Far above any credential with any service name; longer headers are not even decoded. */
const longestHeader = 1024

const malformed: Carried = { carrier: 'malformed' }

export interface CarrierHeaders {
  readonly authorization?: string | undefined
  readonly apikey?: string | readonly string[] | undefined
}

/** @param cookie the value of the session's cookie, asked for only when no header carries a credential */

export function readCarrier(
  { authorization, apikey }: CarrierHeaders,
  cookie: () => string | undefined = () => undefined,
): Carried {
  if (authorization !== undefined) return readAuthorization(authorization)
  if (apikey === undefined) {
    const text = cookie()
    return text === undefined ? { carrier: 'none' } : { carrier: 'cookie', text }
  }
  if (typeof apikey !== 'string' || apikey.length > longestHeader) return malformed
  return { carrier: 'key', text: apikey }
}

/** `scheme SP token68` (RFC 9110 §11.4); schemes are case-insensitive. */
function readAuthorization(header: string): Carried {
  if (header.length > longestHeader) return malformed
  const space = header.indexOf(' ')
  const scheme = header.slice(0, space).toLowerCase()
  const token = header.slice(space + 1)
  if (space < 1 || token === '') return malformed
  if (scheme === 'basic') return readBasic(token)
  return scheme === 'bearer' ? { carrier: 'key', text: token } : malformed
}

/** user-pass = user-id ":" password, in UTF-8, in Base64 (RFC 7617 §2). The first colon ends the user name. */
function readBasic(token: string): Carried {
  const bytes = Buffer.from(token, 'base64')
  if (bytes.toString('base64') !== token || !isUtf8(bytes)) return malformed
  const userPass = bytes.toString('utf8')
  const colon = userPass.indexOf(':')
  if (colon < 0) return malformed
  const name = userPass.slice(0, colon)
  const text = userPass.slice(colon + 1)
  return name === keyUserName ? { carrier: 'key', text } : { carrier: 'service', name, text }
}
