/**
 * Options that several commands share, and how their values are read. A wrong value is wrong usage.
 */
import { InvalidArgumentError, Option } from 'commander'

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`)
  }
}

/**
 * `2026-11-23` (the beginning of that day here), `2026-11-23T22:00` (here) or RFC 3339 with an offset.
 * @returns RFC 3339 in UTC
 */
export function moment(text: string): string {
  const [, day, time, offset] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?(Z|[+-]\d{2}:\d{2})?$/i.exec(text) ??
    []
  // JavaScript takes February 30 for a day in March.
  const isDay = day !== undefined && new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) === true
  const date = new Date(`${day}T${time ?? '00:00'}${offset ?? ''}`)
  if (isDay && (time !== undefined || offset === undefined) && !Number.isNaN(date.getTime())) {
    return date.toISOString()
  }
  throw new InvalidArgumentError('It takes a day or a time: 2026-11-23, 2026-11-23T22:00 or RFC 3339.')
}

/** For options that are given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

export const limitOption = (): Option =>
  new Option('--limit <number>', 'how many at most').argParser(wholeNumber(1, 999_999_999)).default(50)

export const yesOption = (): Option => new Option('--yes', 'do not ask')

export const timeoutOption = (): Option =>
  new Option('--timeout <seconds>', 'how long to wait for the job, also while the server is away')
    .argParser(wholeNumber(1, 86_400))
    .default(600)

/** The text below a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`
}
