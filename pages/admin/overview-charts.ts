/**
 * The charts of the overview, each with the table of the same numbers: what columns and rows are called. Pure.
 */
import { catalogue } from '../../domain/errors.ts'
import type { DayOfVerifications, KeyExpiries } from '../../domain/overview.ts'
import { type ChartColumn, type DrawnChart, drawChart } from './chart.ts'

export interface ChartOnPage {
  /** For ids of the page. */
  readonly id: string
  /** What it shows, for whoever does not see it. */
  readonly name: string
  readonly says: string
  /** What the parts of a column are, from the axis upwards. */
  readonly parts: readonly string[]
  readonly chart: DrawnChart
  readonly rows: readonly ChartRow[]
}

export interface ChartRow {
  readonly name: string
  readonly numbers: readonly string[]
  /** '': nothing. */
  readonly reasons: string
}

const shortMonthFormat = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' })
const monthFormat = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' })
const shortDayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const dayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })

/** Of so many months, one has its label where there is little room. */
const monthsPerLabel = 3
/** Of so many days, one has a label; every other of these where there is little room. */
const daysPerLabel = 7

export function expiryChart({ months, later, never, live }: KeyExpiries): ChartOnPage {
  const years = months.map(({ startMs }, index) => {
    // Under the first month and each January; not under both where they would touch.
    const month = new Date(startMs).getUTCMonth()
    return month === 0 || (index === 0 && month < 10) ? String(new Date(startMs).getUTCFullYear()) : ''
  })
  const groups = [
    ...months.map(({ startMs, count }, index) => ({
      name: monthFormat.format(startMs),
      label: shortMonthFormat.format(startMs),
      isMajor: index % monthsPerLabel === 0,
      subLabel: years[index] ?? '',
      isWide: false,
      count,
    })),
    { name: 'Later', label: 'later', isMajor: true, subLabel: '', isWide: true, count: later },
    { name: 'Never', label: 'never', isMajor: true, subLabel: '', isWide: true, count: never },
  ]
  const most = groups.toSorted((left, right) => right.count - left.count)[0]
  return {
    id: 'expiries',
    name: 'Live keys by the month in which they expire',
    says:
      most === undefined || live === 0
        ? 'There are no live keys.'
        : `${counted(live, 'key', 'keys')} in all. Most of one column: ${most.name}, ${numberText(most.count)}. ` +
          'The table has every number.',
    parts: ['Keys'],
    chart: drawChart(
      groups.map(({ name, count, ...column }) => ({
        ...column,
        title: `${name}: ${counted(count, 'key', 'keys')}`,
        parts: [count],
      })),
    ),
    rows: groups.map(({ name, count }) => ({ name, numbers: [numberText(count)], reasons: '' })),
  }
}

export function verificationChart(days: readonly DayOfVerifications[]): ChartOnPage {
  const total = totalsOf(days)
  return {
    id: 'verifications',
    name: 'Verifications a day, accepted and refused',
    says:
      total.accepted + total.refused === 0
        ? 'There were no verifications in these 30 days.'
        : `${numberText(total.accepted)} accepted and ${numberText(total.refused)} refused in these 30 days. ` +
          'The table has every number.',
    parts: ['Accepted', 'Refused'],
    chart: drawChart(
      days.map(
        ({ startMs, accepted, refused }, index): ChartColumn => ({
          title: `${dayFormat.format(startMs)}: ${numberText(accepted)} accepted, ${numberText(refused)} refused`,
          // Counted back from today, which always has one.
          label: (days.length - 1 - index) % daysPerLabel === 0 ? shortDayFormat.format(startMs) : '',
          isMajor: (days.length - 1 - index) % (2 * daysPerLabel) === 0,
          subLabel: '',
          isWide: false,
          parts: [accepted, refused],
        }),
      ),
    ),
    rows: days.map(({ startMs, accepted, refused, refusals }) => ({
      name: dayFormat.format(startMs),
      numbers: [numberText(accepted), numberText(refused)],
      reasons: reasonsOf(refusals),
    })),
  }
}

export function totalsOf(days: readonly DayOfVerifications[]): { accepted: number; refused: number } {
  let accepted = 0
  let refused = 0
  for (const day of days) {
    accepted += day.accepted
    refused += day.refused
  }
  return { accepted, refused }
}

export function numberText(value: number): string {
  return value.toLocaleString('en')
}

export function counted(count: number, one: string, more: string): string {
  return `${numberText(count)} ${count === 1 ? one : more}`
}

const reasonWords: Readonly<Record<string, string>> = {
  credential_invalid: 'expired, revoked or unknown',
  credential_malformed: 'not a key',
  credential_of_another_site: 'of another site',
  credential_legacy_prefix: 'with an old prefix',
  credential_wrong_kind: 'of the wrong kind',
  user_disabled: 'of a disabled user',
}

/** "20 not a key, 3 of another site": the most frequent first. */
function reasonsOf(refusals: DayOfVerifications['refusals']): string {
  return [...refusals]
    .toSorted(([, left], [, right]) => right - left)
    .map(([code, count]) => `${numberText(count)} ${reasonOf(code)}`)
    .join('; ')
}

/** Counts are kept for long: the code of another version is shown as it is. */
function reasonOf(code: string): string {
  if (Object.hasOwn(reasonWords, code)) return reasonWords[code] ?? code
  const titles: Readonly<Record<string, { readonly title: string }>> = catalogue
  return Object.hasOwn(titles, code) ? (titles[code]?.title ?? code) : code
}
