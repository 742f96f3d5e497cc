/**
 * The log: pino, one JSON line each on standard output, buffered for at most a fifth of a second. Errors are written by
 * name, message and stack only: an error of Redis carries the arguments of its command.
 */
import { type Logger, pino } from 'pino'
import type { LogLevel } from './config.ts'
import { hideCredentials } from './domain/secret.ts'

export interface Log {
  readonly logger: Logger
  /** Writes what is buffered. */
  flush(): void
}

export function createLog(level: LogLevel): Log {
  const destination = pino.destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 200 })
  const logger = pino({ level, base: null, serializers: { err: plainError } }, destination)
  return { logger, flush: () => destination.flushSync() }
}

/** Exported for tests that log into memory. */
export function plainError(error: unknown): object {
  if (!(error instanceof Error)) return { message: hideCredentials(String(error)) }
  const { name, message, stack, cause } = error
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return {
    name,
    message: hideCredentials(message),
    ...code,
    stack: hideCredentials(stack ?? ''),
    ...(cause === undefined ? {} : { cause: plainError(cause) }),
  }
}
