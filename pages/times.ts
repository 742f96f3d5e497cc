/**
 * Times as people read them: "3 days ago", with the date and time in full beside it. Pure.
 */
export interface Times {
  /** "in 29 days", "2 hours ago", "just now" */
  relative(ms: number): string
  /** "24 December 2026" */
  date(ms: number): string
  /** "24 Dec 2026" */
  shortDate(ms: number): string
  /** "24 December 2026 at 08:15 UTC" */
  full(ms: number): string
  /** For the attribute datetime: RFC 3339. */
  machine(ms: number): string
}

const relativeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const dateFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const shortDateFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
const clockFormat = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
  timeZone: 'UTC',
})

const units = [
  ['year', 365 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

export function createTimes(nowMs: number): Times {
  const date = (ms: number): string => dateFormat.format(ms)
  return {
    relative(ms) {
      const distance = ms - nowMs
      // A year is said in days until the second one: "in 365 days" is how the policy speaks.
      const unit = units.find(
        ([name, length]) => Math.abs(distance) >= (name === 'year' ? 2 * length : length),
      )
      return unit === undefined ? 'just now' : relativeFormat.format(Math.round(distance / unit[1]), unit[0])
    },
    date,
    shortDate: (ms) => shortDateFormat.format(ms),
    full: (ms) => `${date(ms)} at ${clockFormat.format(ms)} UTC`,
    machine: (ms) => new Date(ms).toISOString(),
  }
}
