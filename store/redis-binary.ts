// Finds the programs that the embedded Redis needs: redis-server (or valkey-server) of a version that will do,
// and the pair setpriv + flock that ties it to its parent and to its folder. It starts no server and touches
// no data. Only ./embedded-redis.ts calls it.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { EmbeddedRedisError } from './embedded-redis-error.ts'

const run = promisify(execFile)

const SERVERS = ['redis-server', 'valkey-server']
const OLDEST_MAJOR_VERSION = 7

/** Exit status of flock when somebody else holds the lock (EX_TEMPFAIL of sysexits.h). */
export const LOCK_IS_HELD = 75

/**
 * Name of the first Redis or Valkey server on the search path that is 7.0 or newer.
 * Errors: `redis_server_missing`, `redis_server_too_old`.
 */
export async function findRedisBinary(searchPath: string): Promise<string> {
  const tooOld: string[] = []
  for (const name of SERVERS) {
    const banner = await readVersion(name, searchPath)
    if (banner === null) continue
    const version = /\bv=(\d+)(?:\.\d+)*/.exec(banner)
    if (version !== null && Number(version[1]) >= OLDEST_MAJOR_VERSION) return name
    tooOld.push(
      version === null ? `${name} (${banner.trim() || 'no version'})` : `${name} ${version[0].slice(2)}`,
    )
  }
  if (tooOld.length > 0) {
    throw new EmbeddedRedisError(
      'redis_server_too_old',
      `Found ${tooOld.join(' and ')}, but Latchkey needs Redis 7.0 or newer, or Valkey. ` +
        'Install a newer one, or set REDIS_URL to a server that runs elsewhere.',
    )
  }
  throw new EmbeddedRedisError(
    'redis_server_missing',
    'Neither redis-server nor valkey-server was found on the PATH. Install one of them (Debian, Ubuntu: ' +
      'apt install redis-server; Fedora: dnf install valkey; macOS: brew install redis), ' +
      'or set REDIS_URL to a server that runs elsewhere.',
  )
}

/**
 * Arguments that go before the server's own, so that the kernel ends the server when its parent dies, whatever
 * killed that, and gives the lock back when the server ends. Null where this system's setpriv and flock (none
 * on macOS, smaller ones in BusyBox) cannot do that. Both replace themselves by the server: its pid is the
 * child's.
 */
export async function findLauncher(lockPath: string, searchPath: string): Promise<string[] | null> {
  if (process.platform !== 'linux') return null
  // flock needs something to try itself on that is never the real lock, which a running server holds.
  const [program, ...launcherArguments] = launcher('/')
  try {
    await run(program, [...launcherArguments, 'true'], { env: { PATH: searchPath } })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // A launcher that is there but could not run just now (no memory, no processes left) must not silently
    // become the weaker lock: another server may hold the real one.
    if (typeof code === 'string' && code !== 'ENOENT') {
      throw new EmbeddedRedisError('redis_start_failed', `setpriv could not be run: ${code}`, {
        cause: error,
      })
    }
    if (code !== LOCK_IS_HELD) return null
  }
  return launcher(lockPath)
}

function launcher(lockPath: string): [string, ...string[]] {
  return ['setpriv', '--pdeathsig', 'TERM', 'flock', '-n', '-F', '-E', String(LOCK_IS_HELD), lockPath]
}

async function readVersion(name: string, searchPath: string): Promise<string | null> {
  try {
    const { stdout } = await run(name, ['--version'], { env: { PATH: searchPath } })
    return stdout
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new EmbeddedRedisError('redis_start_failed', `${name} --version failed: ${String(error)}`, {
      cause: error,
    })
  }
}
