/**
 * Whether the key in a .netrc will work: may others read the file, is the entry there and the one that counts, is the key
 * whole, and does the server take it.
 */
import { readFile, stat } from 'node:fs/promises'
import { keyUserName } from '../domain/carrier.ts'
import { parseCredential } from '../domain/credential.ts'
import { Secret } from '../domain/secret.ts'
import type { Me } from '../schemas/verdict.ts'
import { createApi } from './api.ts'
import { type Finding, fail, ok, warn } from './findings.ts'
import { type NetrcEntry, NetrcRefused, readNetrc } from './netrc-text.ts'
import { localTime } from './output.ts'
import { isNotThere, privacyProblem } from './private-file.ts'

export interface NetrcQuestion {
  readonly path: string
  readonly host: string
  /** Where the server is. */
  readonly origin: string
}

const soonMs = 14 * 86_400_000

export async function checkNetrc({ path, host, origin }: NetrcQuestion): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const add = (finding: Finding): boolean => {
    findings.push(finding)
    return finding.status !== 'fail'
  }
  const found = await stat(path).catch((error: unknown) => {
    if (isNotThere(error)) return null
    throw error
  })
  if (found === null) return [fail('file', `there is no ${path}: latchkey netrc write`)]
  const problem = privacyProblem(found, path)
  add(problem === null ? ok('file', `${path} is yours only`) : fail('file', problem))
  if (!found.isFile()) return findings

  const entry = entryOf(await readFile(path, 'latin1'), host)
  if ('status' in entry) return [...findings, entry]
  add(ok('entry', `machine ${host}, login ${keyUserName}`))
  const key = keyOf(entry)
  if (typeof key !== 'string') return [...findings, key]
  add(ok('key', 'its form and checksum are right'))
  add(await askServer(origin, key))
  return findings
}

function entryOf(text: string, host: string): NetrcEntry | Finding {
  let entries: readonly NetrcEntry[]
  try {
    entries = readNetrc(text)
  } catch (error) {
    if (error instanceof NetrcRefused) return fail('entry', error.message)
    throw error
  }
  const ours = entries.filter(({ machine }) => machine?.toLowerCase() === host.toLowerCase())
  const [entry] = ours
  if (entry === undefined) return fail('entry', `there is none for machine ${host}: latchkey netrc write`)
  if (ours.length > 1) {
    return fail(
      'entry',
      `there are ${ours.length} for machine ${host}, and programs differ in which they take: leave one`,
    )
  }
  if (entries.slice(0, entries.indexOf(entry)).some(({ machine }) => machine === null)) {
    return fail('entry', `"default" stands before machine ${host} and takes its place: move it to the end`)
  }
  if (entry.login === keyUserName) return entry
  return fail('entry', `the login of machine ${host} must be ${keyUserName}`)
}

/** The key, or why it cannot work. */
function keyOf({ password }: NetrcEntry): string | Finding {
  if (password === null) return fail('key', 'the entry has no password')
  const credential = parseCredential(password, password.slice(4, 8))
  if (credential === 'credential_legacy_prefix') {
    return fail('key', 'it begins with "apikey|" or "session|": leave that out')
  }
  if (typeof credential === 'string') return fail('key', 'it is mistyped, cut off, or no key at all')
  if (credential.kind === 'api-key' || credential.kind === 'session-key') return password
  return fail('key', 'it is another kind of credential, not a key')
}

async function askServer(origin: string, key: string): Promise<Finding> {
  const api = createApi({ origin, user: keyUserName, password: new Secret(key) })
  try {
    const { user, expiresAt } = await api.get<Me>('/v1/me')
    const name = user?.name ?? 'nobody'
    if (expiresAt === null || Date.parse(expiresAt) - Date.now() > soonMs) {
      return ok('server', `${origin} takes the key for ${name}; it expires: ${localTime(expiresAt)}`)
    }
    return warn(
      'server',
      `${origin} takes the key for ${name}, but only until ${localTime(expiresAt)}: renew it`,
    )
  } catch (error) {
    return fail('server', error instanceof Error ? error.message : String(error))
  }
}
