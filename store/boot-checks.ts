/**
 * Checks at boot that this Redis can keep our promises: its version, and that acknowledged writes survive a crash and are
 * never evicted. Where Redis does not let us look, we say so.
 */
import type { RedisAccess } from './redis.ts'

export interface RedisFindings {
  /** Too old to work with at all; null: new enough. */
  readonly tooOld: string | null
  /** Settings that endanger acknowledged keys and revocations, one sentence each, with what to do. */
  readonly unsafe: readonly string[]
}

const wanted: readonly (readonly [name: string, value: string, why: string])[] = [
  ['maxmemory-policy', 'noeviction', 'a full Redis may throw away keys and revocations'],
  ['appendonly', 'yes', 'a crash of Redis may forget acknowledged keys and revocations'],
  [
    'appendfsync',
    'always',
    'a crash of Redis may forget the last second of acknowledged keys and revocations',
  ],
]

export async function checkRedis(redis: RedisAccess): Promise<RedisFindings> {
  const server = String(await redis.query('info', 'server'))
  const version = /^(?:valkey_version|redis_version):(\d+)\.(\d+)/m.exec(server)
  const isOld = version !== null && Number(version[1]) < 7
  const tooOld = isOld
    ? `Redis ${version[1]}.${version[2]} is too old: 7.0 or newer (or Valkey) is needed.`
    : null
  return { tooOld, unsafe: await unsafeSettings(redis) }
}

async function unsafeSettings(redis: RedisAccess): Promise<readonly string[]> {
  const unsafe: string[] = []
  for (const [name, value, why] of wanted) {
    const found = await readSetting(redis, name)
    if (found === null)
      unsafe.push(`Redis does not let us see ${name}; see to it that it is "${value}": ${why}.`)
    else if (found !== value) unsafe.push(`Redis has ${name} "${found}", not "${value}": ${why}.`)
  }
  return unsafe
}

/** null where CONFIG is forbidden (an ACL, a managed Redis) or the name is unknown. */
async function readSetting(redis: RedisAccess, name: string): Promise<string | null> {
  try {
    const reply = (await redis.query('config', 'get', name)) as string[] | Record<string, string>
    return (Array.isArray(reply) ? reply[1] : reply[name]) ?? null
  } catch {
    return null
  }
}
