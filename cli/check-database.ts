/**
 * What `doctor` looks at in the database: can this Redis keep our promises, is our site in it, are the peppers the right
 * ones, do clocks and replicas agree with the configuration. Everything is only read.
 */
import type { Config } from '../config.ts'
import { pepperCheck } from '../domain/pepper.ts'
import { firstServiceName } from '../domain/site.ts'
import { checkRedis } from '../store/boot-checks.ts'
import type { SiteRecord } from '../store/records.ts'
import type { RedisAccess } from '../store/redis.ts'
import { type Finding, fail, ok, warn } from './findings.ts'
import type { OpenCore } from './open-core.ts'
import { counted, localTime } from './output.ts'

/** Decisions take the time of Redis; beyond this, what people read beside it misleads. */
const tolerableMs = 2_000

export async function checkDatabase(open: OpenCore, config: Config): Promise<readonly Finding[]> {
  const { core, redis, dataFolder } = open
  const findings = [...(await checkServer(redis, config)), await checkReplicas(redis, config.replicas)]
  const beforeMs = Date.now()
  const { site, nowMs } = await core.stores.site.read()
  findings.push(checkClock(nowMs - (beforeMs + Date.now()) / 2))
  const marker = (await dataFolder?.readMarker()) ?? null
  if (site === null) {
    const lost = 'the data folder remembers a site that Redis does not hold: restore both from one backup'
    findings.push(fail('site', marker === null ? 'there is none in this Redis: latchkey init' : lost))
    return findings
  }
  const { id, settings } = site.record
  findings.push(
    marker === null || marker === id
      ? ok('site', `"${settings.siteName}" (${id})`)
      : fail(
          'site',
          `Redis holds site ${id}, the data folder belongs to ${marker}: restore both from one backup`,
        ),
  )
  return [...findings, ...checkPeppers(open, site.record), await checkFirstService(open)]
}

async function checkServer(redis: RedisAccess, { isStrict }: Config): Promise<readonly Finding[]> {
  const info = String(await redis.query('info', 'server'))
  const [, name = 'redis', version = '?'] = /^(valkey|redis)_version:(\S+)/m.exec(info) ?? []
  const { tooOld, unsafe } = await checkRedis(redis)
  const refused = isStrict ? ' LATCHKEY_STRICT is on: the server would not start.' : ''
  const settings = unsafe.map((text) => (isStrict ? fail : warn)('redis settings', `${text}${refused}`))
  return [
    tooOld === null ? ok('redis', `${name} ${version} answers`) : fail('redis', tooOld),
    ...(settings.length > 0
      ? settings
      : [ok('redis settings', 'nothing is evicted, acknowledged writes survive a crash')]),
  ]
}

async function checkReplicas(redis: RedisAccess, wanted: number): Promise<Finding> {
  if (wanted === 0) return ok('replicas', 'writes wait for none (LATCHKEY_REPLICAS)')
  const info = await redis.query('info', 'replication').catch(() => null)
  const connected = Number(/^connected_slaves:(\d+)/m.exec(String(info))?.[1] ?? Number.NaN)
  const text = `${counted(connected, 'replica')} connected, LATCHKEY_REPLICAS is ${wanted}`
  if (Number.isNaN(connected)) return warn('replicas', 'Redis does not let us see how many are connected')
  if (connected >= wanted) return ok('replicas', text)
  return fail('replicas', `${text}: keys are neither made nor revoked until more of them are connected`)
}

function checkClock(aheadMs: number): Finding {
  const seconds = (Math.abs(aheadMs) / 1_000).toFixed(1)
  if (Math.abs(aheadMs) <= tolerableMs) return ok('clock', `that of Redis differs by ${seconds} s`)
  const direction = aheadMs > 0 ? 'ahead' : 'behind'
  return warn(
    'clock',
    `that of Redis is ${seconds} s ${direction}, and it decides when keys expire: synchronise both`,
  )
}

function checkPeppers({ core }: OpenCore, { id, peppers: recorded }: SiteRecord): readonly Finding[] {
  const ours = core.peppers.all
  const wrong = ours.filter(
    (pepper) => (recorded[pepper.number] ?? pepperCheck(pepper, id)) !== pepperCheck(pepper, id),
  )
  const added = ours.filter(({ number }) => recorded[number] === undefined)
  const missing = Object.keys(recorded).filter(
    (number) => !ours.some((pepper) => String(pepper.number) === number),
  )
  const list = (peppers: typeof ours): string => peppers.map(({ number }) => number).join(', ')
  if (wrong.length > 0) {
    const text = `number ${list(wrong)} is not the one that this site was made with: give the right LATCHKEY_PEPPERS`
    return [fail('peppers', text)]
  }
  return [
    ok('peppers', `number ${list(ours)}; new credentials take ${core.peppers.newest.number}`),
    ...(added.length === 0
      ? []
      : [warn('peppers', `number ${list(added)} is new: the server records it when it starts`)]),
    ...(missing.length === 0
      ? []
      : [warn('peppers', `number ${missing.join(', ')} is missing here: credentials made with it get 503`)]),
  ]
}

async function checkFirstService({ core }: OpenCore): Promise<Finding> {
  const first = await core.stores.services.read(firstServiceName)
  if (first === null) return ok('first service', `"${firstServiceName}" is gone, as it should be`)
  const { expires } = first.record
  const until = expires === undefined ? 'never' : localTime(new Date(expires).toISOString())
  const advice = `add services of your own, then: latchkey services remove ${firstServiceName}`
  return warn('first service', `"${firstServiceName}" has every permission and expires: ${until}; ${advice}`)
}
