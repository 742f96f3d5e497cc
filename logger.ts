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

const bufferedMs = 200
const bufferedCharacters = 8_192

export function createLog(level: LogLevel): Log {
  const output = pino.destination({ dest: 1, sync: false, minLength: bufferedCharacters })
  // Lines are joined here, because the destination measures all that it holds again for every line that it is given:
  // that doubles the cost of a line.
  let lines = ''
  function pass(): void {
    // Every line, whoever wrote it: pino takes the message of a bare error as its own, Fastify quotes URLs.
    if (lines !== '') output.write(hideCredentials(lines))
    lines = ''
  }
  function flush(): void {
    pass()
    output.flushSync()
  }
  const stream = {
    write(line: string): void {
      lines += line
      if (lines.length >= bufferedCharacters) pass()
    },
    /** pino calls it after a fatal line. */
    flushSync: flush,
  }
  const timer = setInterval(() => {
    pass()
    output.flush()
  }, bufferedMs)
  timer.unref()
  process.on('exit', flush)
  return { logger: pino({ level, base: null, serializers: { err: plainError } }, stream), flush }
}

/** Causes of causes that are written; an error can be its own cause. */
const deepestCause = 8

/** Exported for tests that log into memory. */
export function plainError(error: unknown): object {
  return plain(error, 0)
}

function plain(error: unknown, depth: number): object {
  if (!(error instanceof Error)) return { message: textOf(error) }
  const { name, message, stack, cause } = error
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return {
    name,
    message: textOf(message),
    ...code,
    stack: textOf(stack ?? ''),
    ...(cause === undefined || depth === deepestCause ? {} : { cause: plain(cause, depth + 1) }),
  }
}

/** Never throws and never lists properties, whatever somebody threw. */
function textOf(value: unknown): string {
  return hideCredentials(typeof value === 'object' ? Object.prototype.toString.call(value) : String(value))
}
