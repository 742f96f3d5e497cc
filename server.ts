/**
 * The process: configuration → Redis → site → app → listen → graceful close. Nothing here decides anything about keys.
 */
import { readFileSync } from 'node:fs'
import { buildApp } from './app.ts'
import { type OpenCore, openCore, StartRefused, whenReady } from './cli/open-core.ts'
import { setUpSite, standardOutput } from './cli/set-up-site.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { openSite, SiteRefused } from './domain/site.ts'
import { createLog, type Log } from './logger.ts'
import { checkRedis } from './store/boot-checks.ts'
import { EmbeddedRedisError } from './store/embedded-redis.ts'
import { createLastUsed } from './store/last-used.ts'

/** How long an external Redis may take before we listen without it, answering 503. */
const externalPatienceMs = 3_000
/** How long open connections may take to end when the process is asked to stop. */
const drainMs = 10_000

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('./package.json', import.meta.url), 'utf8'),
)

try {
  await start(readConfig(process.env))
} catch (error) {
  if (!isForAPerson(error)) throw error
  process.stderr.write(`Latchkey cannot start. ${error.message}\n`)
  process.exitCode = 1
}

function isForAPerson(error: unknown): error is Error {
  const isExpected = [ConfigError, StartRefused, SiteRefused, EmbeddedRedisError].some(
    (kind) => error instanceof kind,
  )
  return isExpected || (error instanceof Error && 'syscall' in error && isOfListening(error.syscall))
}

/** An address that is taken, is not ours, is forbidden or does not exist. */
function isOfListening(systemCall: unknown): boolean {
  return systemCall === 'listen' || systemCall === 'getaddrinfo'
}

async function start(config: Config): Promise<void> {
  const log = createLog(config.logLevel)
  const { logger } = log
  const onError = (error: Error): void => logger.warn({ err: error }, 'connection to Redis')
  const open = await openCore(config, { mayJoin: false, onError })
  try {
    const isPrepared = await prepare(config, open, log)
    const app = await buildApp({
      config,
      core: open.core,
      lastUsed: createLastUsed(open.core.stores.apiKeys, open.core.stores.services),
      logger,
      version,
    })
    await app.listen({ host: config.host, port: config.port }).catch(async (error: unknown) => {
      // Its timers would keep the process running.
      await app.close()
      throw error
    })
    let isStopping = false
    const stop = async (why: string, exitCode: number): Promise<void> => {
      isStopping = true
      logger.info({ why }, 'stopping')
      const timer = setTimeout(() => app.server.closeAllConnections(), drainMs)
      await app.close()
      clearTimeout(timer)
      await open.close()
      log.flush()
      process.exit(exitCode)
    }
    stopOnce(stop)
    void open.redisEnded.then((how) => {
      if (isStopping) return
      logger.fatal(`the embedded Redis ended by itself: ${how}`)
      void stop('no Redis', 1)
    })
    if (!isPrepared) checkOnceThere(config, open, log, (why) => stop(why, 1))
    if (standardOutput.isTerminal)
      standardOutput.print(`Latchkey listens on ${config.publicUrl} (try /docs)\n`)
  } catch (error) {
    await open.close()
    log.flush()
    throw error
  }
}

/** Everything that is to be refused before the first request is taken. @returns false: Redis is not there yet */
async function prepare(config: Config, open: OpenCore, { logger }: Log): Promise<boolean> {
  const isEmbedded = open.dataFolder !== null
  if (!(await whenReady(open.redis, isEmbedded ? 600_000 : externalPatienceMs))) {
    logger.error('Redis does not answer; serving 503 until it does')
    return false
  }
  await refuseUnsafe(config, open, logger)
  if (isEmbedded) await setUpSite(open, config.publicUrl, standardOutput)
  if (!(await openSite(open.core))) {
    logger.error('this Redis holds no site yet: npm run latchkey -- init')
  }
  return true
}

/** @throws StartRefused for a Redis that cannot keep our promises */
async function refuseUnsafe(config: Config, { redis }: OpenCore, logger: Log['logger']): Promise<void> {
  const { tooOld, unsafe } = await checkRedis(redis)
  if (tooOld !== null) throw new StartRefused(tooOld)
  for (const finding of unsafe) logger.warn(finding)
  if (config.isStrict && unsafe.length > 0)
    throw new StartRefused(`LATCHKEY_STRICT is on. ${unsafe.join(' ')}`)
}

/** What is refused at the start is refused, too, when Redis comes later than the first request. */
function checkOnceThere(
  config: Config,
  open: OpenCore,
  { logger }: Log,
  stop: (why: string) => Promise<void>,
): void {
  let isChecked = false
  open.redis.onReady(() => {
    if (isChecked) return
    isChecked = true
    refuseUnsafe(config, open, logger).catch((error: unknown) => {
      if (error instanceof StartRefused) {
        logger.fatal(`Latchkey cannot go on. ${error.message}`)
        void stop('this Redis is refused')
        return
      }
      // It went away again before it answered.
      isChecked = false
    })
  })
}

/** The first signal drains; a second one ends at once. */
function stopOnce(stop: (why: string, exitCode: number) => Promise<void>): void {
  let isStopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1)
      isStopping = true
      void stop(signal, 0)
    })
  }
}
