/**
 * Days of the calendar as they are typed into forms, in UTC. Pure.
 */
import { Problem } from '../../domain/errors.ts'

export const dayMs = 86_400_000

/**
 * @param field what the form calls it
 * @returns the first millisecond of the day, or null where none is given
 * @throws Problem request_invalid, in words for whoever filled the form in
 */
export function dayOf(field: string, day: string): number | null {
  if (day === '') return null
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  // Some of what cannot be is read as a day of the next month.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, day.length) !== day) {
    throw new Problem('request_invalid', {
      detail: `${field}: “${day}” is not a day of the calendar. Write it like 2026-11-23.`,
    })
  }
  // Nothing is older than the clock of computers.
  return Math.max(ms, 0)
}
