/**
 * Where the server is and who we are there: from the environment or from a private configuration file. Always from one
 * of them, never mixed, or the password of one server could be sent to another. The password is printed nowhere.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '../domain/secret.ts'
import { UsageFailure } from './failure.ts'
import { readPrivateFile } from './private-file.ts'

export interface ServerAccess {
  /** `https://keys.example.org` */
  readonly origin: string
  readonly user: string
  readonly password: Secret
}

type Environment = Readonly<Record<string, string | undefined>>

const names = { url: 'LATCHKEY_URL', user: 'LATCHKEY_USER', password: 'LATCHKEY_PASSWORD' } as const

/**
 * @param configPath of --config: then only that file counts
 * @returns null when nothing was configured
 * @throws UsageFailure
 */
export async function readServerAccess(
  environment: Environment,
  configPath: string | undefined,
): Promise<ServerAccess | null> {
  if (configPath !== undefined) {
    const access = await readConfigFile(configPath)
    if (access === null) throw new UsageFailure(`There is no file ${configPath}.`)
    return access
  }
  return readEnvironment(environment) ?? (await readConfigFile(defaultConfigPath(environment)))
}

/** Only the address, which needs no credentials. */
export async function readServerOrigin(
  environment: Environment,
  configPath: string | undefined,
): Promise<string | null> {
  const { LATCHKEY_URL: url, LATCHKEY_USER: user, LATCHKEY_PASSWORD: password } = environment
  if (configPath === undefined && url && !user && !password) return originOf(url, names.url)
  return (await readServerAccess(environment, configPath))?.origin ?? null
}

/** @throws UsageFailure for anything but an http or https origin; the value is not repeated, it may hold a password */
export function originOf(text: string, source: string): string {
  const url = URL.parse(text.trim())
  const isOrigin =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === '' &&
    url.pathname === '/'
  if (isOrigin) return url.origin
  throw new UsageFailure(
    `${source} must be an http or https address without a path, such as https://keys.example.org.`,
  )
}

export function defaultConfigPath(environment: Environment): string {
  const folder = environment.XDG_CONFIG_HOME
  // The XDG specification: a relative path there is to be ignored.
  const base = folder?.startsWith('/') ? folder : join(environment.HOME || homedir(), '.config')
  return join(base, 'latchkey', 'config.json')
}

/** An empty variable counts as absent. */
function readEnvironment(environment: Environment): ServerAccess | null {
  const url = environment[names.url]
  const user = environment[names.user]
  const password = environment[names.password]
  if (!url && !user && !password) return null
  if (!url || !user || !password) {
    const missing = Object.values(names).filter((name) => !environment[name])
    throw new UsageFailure(
      `${missing.join(' and ')} missing: set all of ${Object.values(names).join(', ')}, or none.`,
    )
  }
  return makeAccess(url, user, password, names)
}

async function readConfigFile(path: string): Promise<ServerAccess | null> {
  const bytes = await readPrivateFile(path).catch((error: Error) => {
    throw new UsageFailure(error.message)
  })
  if (bytes === null) return null
  const { url, user, password } = parseConfig(bytes.toString('utf8'), path)
  const source = (field: string): string => `"${field}" in ${path}`
  return makeAccess(url, user, password, {
    url: source('url'),
    user: source('user'),
    password: source('password'),
  })
}

function parseConfig(text: string, path: string): { url: string; user: string; password: string } {
  const wrong = new UsageFailure(
    `${path} must hold {"url": "https://…", "user": "…", "password": "…"} and nothing else.`,
  )
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message would quote the file.
    throw wrong
  }
  if (typeof value !== 'object' || value === null) throw wrong
  const { url, user, password, ...rest } = value as Record<string, unknown>
  if (typeof url !== 'string' || typeof user !== 'string' || typeof password !== 'string') throw wrong
  if (Object.keys(rest).length > 0) throw wrong
  return { url, user, password }
}

function makeAccess(
  url: string,
  user: string,
  password: string,
  sources: Readonly<Record<'url' | 'user' | 'password', string>>,
): ServerAccess {
  // RFC 7617 §2: the first colon ends the user name.
  if (user === '' || user.includes(':')) {
    throw new UsageFailure(
      `${sources.user} must be the name of a service, or "apikey" with a key as the password.`,
    )
  }
  if (password === '') throw new UsageFailure(`${sources.password} is empty.`)
  return { origin: originOf(url, sources.url), user, password: new Secret(password) }
}
