/**
 * Owns the environment: reads every variable once, at boot, into one frozen, typed Config, and refuses to boot on
 * nonsense with a message that names the variable and what it takes. Nothing else reads process.env.
 */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { type Pepper, parsePeppers } from './domain/pepper.ts'

export interface Config {
  readonly host: string
  readonly port: number
  /** Origin that users see, without a trailing slash: decides links, the realm and, later, Secure cookies. */
  readonly publicUrl: string
  /** Absolute path of the private folder of the embedded Redis. */
  readonly dataFolder: string
  /** null: the embedded Redis. */
  readonly redisUrl: string | null
  /** null: generated and kept in the data folder (embedded only). */
  readonly peppers: readonly Pepper[] | null
  /** Replica acknowledgements a minting or revoking write waits for. */
  readonly replicas: number
  /** Unsafe Redis settings refuse to boot instead of warning. */
  readonly isStrict: boolean
  /** Addresses or CIDR ranges whose X-Forwarded-* headers are believed. */
  readonly trustedProxies: readonly string[]
  /** Session cookies may travel without TLS to other machines. */
  readonly mayUseInsecureCookies: boolean
  readonly logLevel: LogLevel
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

const knownNames = [
  'LATCHKEY_PUBLIC_URL',
  'LATCHKEY_DATA',
  'LATCHKEY_PEPPERS',
  'LATCHKEY_REPLICAS',
  'LATCHKEY_STRICT',
  'LATCHKEY_TRUSTED_PROXIES',
  'LATCHKEY_INSECURE_COOKIES',
]

/** A variable that cannot be used as it stands; the message says which and why, and never repeats a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

type Environment = Readonly<Record<string, string | undefined>>

export function readConfig(environment: Environment): Config {
  refuseNearMisses(environment)
  const port = wholeNumber(environment, 'PORT', 3000, 0, 65_535)
  const redisUrl = readRedisUrl(environment)
  const peppers = readPeppers(environment)
  if (redisUrl !== null && peppers === null) {
    throw new ConfigError(
      'LATCHKEY_PEPPERS is needed with REDIS_URL: a list number:base64 of at least 32 random bytes, the same on ' +
        'every instance, for example LATCHKEY_PEPPERS="1:$(openssl rand -base64 32)". Keep it as safe as the data.',
    )
  }
  return Object.freeze({
    host: text(environment, 'HOST') ?? '127.0.0.1',
    port,
    publicUrl: readPublicUrl(environment, port),
    dataFolder: resolve(text(environment, 'LATCHKEY_DATA') ?? './data'),
    redisUrl,
    peppers,
    replicas: wholeNumber(environment, 'LATCHKEY_REPLICAS', 0, 0, 16),
    isStrict: onOrOff(environment, 'LATCHKEY_STRICT'),
    trustedProxies: readTrustedProxies(environment),
    mayUseInsecureCookies: onOrOff(environment, 'LATCHKEY_INSECURE_COOKIES'),
    logLevel: oneOf(environment, 'LOG_LEVEL', logLevels, 'info'),
  })
}

/** An empty variable counts as absent, as Compose and Kubernetes pass unset ones. */
function text(environment: Environment, name: string): string | null {
  const value = environment[name]?.trim()
  return value === undefined || value === '' ? null : value
}

function wholeNumber(
  environment: Environment,
  name: string,
  fallback: number,
  least: number,
  most: number,
): number {
  const value = text(environment, name)
  if (value === null) return fallback
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new ConfigError(`${name} must be a whole number from ${least} to ${most}.`)
}

function onOrOff(environment: Environment, name: string): boolean {
  const value = text(environment, name)?.toLowerCase()
  if (value === undefined) return false
  if (['1', 'on', 'true', 'yes'].includes(value)) return true
  if (['0', 'off', 'false', 'no'].includes(value)) return false
  throw new ConfigError(`${name} must be on or off.`)
}

function oneOf<Value extends string>(
  environment: Environment,
  name: string,
  values: readonly Value[],
  fallback: Value,
): Value {
  const value = text(environment, name)?.toLowerCase()
  if (value === undefined) return fallback
  const found = values.find((candidate) => candidate === value)
  if (found !== undefined) return found
  throw new ConfigError(`${name} must be one of ${values.join(', ')}.`)
}

function readPublicUrl(environment: Environment, port: number): string {
  const value = text(environment, 'LATCHKEY_PUBLIC_URL') ?? `http://localhost:${port}`
  const url = URL.parse(value)
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password
  // A URL takes nearly anything as a host, an unexpanded "${DOMAIN}" too.
  const isHost = url !== null && /^(?:[\w.-]+|\[[\da-f:.]+\])$/.test(url.hostname)
  if (!isOrigin || !isHost || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(
      'LATCHKEY_PUBLIC_URL must be an http or https address without a path, such as https://keys.example.org.',
    )
  }
  return url.origin
}

function readRedisUrl(environment: Environment): string | null {
  const value = text(environment, 'REDIS_URL')
  if (value === null) return null
  if (value.startsWith('unix:/')) return value
  // In lower case only: ioredis connects to REDISS:// without TLS. Without a host it goes to localhost.
  if (/^rediss?:\/\//.test(value) && URL.parse(value)?.host) return value
  throw new ConfigError(
    'REDIS_URL must be redis://host, rediss://host or unix:/path, in lower case (its value is not shown here).',
  )
}

function readTrustedProxies(environment: Environment): readonly string[] {
  const name = 'LATCHKEY_TRUSTED_PROXIES'
  const proxies = (text(environment, name) ?? '').split(/[\s,]+/).filter(Boolean)
  if (proxies.every(isAddressOrRange)) return proxies
  throw new ConfigError(`${name} must be a list of IP addresses or CIDR ranges, such as 10.0.0.2, fd00::/8.`)
}

/** Stricter than what reads them later, which takes 010.0.0.1 for 8.0.0.1. A range of everybody is no trust. */
function isAddressOrRange(proxy: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/([1-9]\d{0,2}))?$/.exec(proxy) ?? []
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  return most > 0 && Number(bits ?? most) <= most
}

function readPeppers(environment: Environment): readonly Pepper[] | null {
  const value = text(environment, 'LATCHKEY_PEPPERS')
  if (value === null) return null
  const peppers = parsePeppers(value)
  if (typeof peppers === 'string') throw new ConfigError(`LATCHKEY_PEPPERS ${peppers}`)
  return peppers
}

/**
 * LATCHKEY_REPLICA for LATCHKEY_REPLICAS would silently turn a safety off. The longer the name, the more typing errors
 * (PROXY for PROXIES is three). Names far from ours are somebody else's.
 */
function refuseNearMisses(environment: Environment): void {
  for (const name of Object.keys(environment)) {
    if (knownNames.includes(name)) continue
    const near = knownNames.find((known) => editDistance(name.toUpperCase(), known) <= known.length / 6)
    if (near !== undefined)
      throw new ConfigError(`${name} is not a setting of Latchkey; did you mean ${near}?`)
  }
}

/** Levenshtein distance; both strings are short. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      const insertion = (current[column - 1] ?? 0) + 1
      const deletion = (previous[column] ?? 0) + 1
      current.push(Math.min(substitution, insertion, deletion))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
