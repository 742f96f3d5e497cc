/**
 * The filter of the list of API keys between what was typed and what is asked: names, days and spans of time on the page,
 * moments in the domain and in the API. Pure.
 */
import { type Static, Type } from 'typebox'
import { type ApiKeyFilter, askedBy, everyApiKey } from '../../domain/api-key-filter.ts'
import type { ApiKeyQuestion, ApiKeySort } from '../../domain/api-key-order.ts'
import { Problem } from '../../domain/errors.ts'
import { foldUserNameBeginning } from '../../domain/users.ts'
import { withQuery } from './addresses.ts'
import { dayMs, dayOf } from './days.ts'
import { isolated } from './user-paths.ts'

export const keysPath = '/admin/keys'

// Longer than what is right: that something is too long is said at the form.
const text = Type.String({ maxLength: 1024 })

/** The fields of the filter, in addresses and in forms. */
export const typedFields = {
  user: Type.Optional(text),
  /** 'on': the user has exactly this name. */
  exact: Type.Optional(text),
  id: Type.Optional(text),
  expires: Type.Optional(text),
  unused: Type.Optional(text),
  from: Type.Optional(text),
  to: Type.Optional(text),
} as const
const TypedFields = Type.Object(typedFields)

/** The fields as they were typed; '': nothing. */
export type TypedFilter = { readonly [Field in keyof typeof typedFields]: string }

/** The choices of "Expires". */
export const expiryChoices = [
  { value: '', label: 'any' },
  { value: 'never', label: 'never' },
  { value: 'week', label: 'within 7 days' },
  { value: 'month', label: 'within 30 days' },
  { value: 'ever', label: 'at some time, not never' },
] as const

/** The choices of "Not used". */
export const unusedChoices = [
  { value: '', label: 'any' },
  { value: 'ever', label: 'never' },
  { value: '30', label: 'not for 30 days' },
  { value: '90', label: 'not for 90 days' },
  { value: '365', label: 'not for 365 days' },
] as const

export function typedIn(query: Static<typeof TypedFields>): TypedFilter {
  const { user = '', exact = '', id = '', expires = '', unused = '', from = '', to = '' } = query
  return { user: user.trim(), exact, id: id.trim(), expires, unused, from, to }
}

export function isFiltered(typed: TypedFilter): boolean {
  return Object.entries(typed).some(([field, value]) => field !== 'exact' && value !== '')
}

/**
 * @param nowMs what spans of time are counted from
 * @throws Problem request_invalid, user_name_invalid
 */
export function filterOf(typed: TypedFilter, nowMs: number): ApiKeyFilter {
  const { user, exact } = typed
  const fromMs = dayOf('Created from', typed.from)
  const lastMs = dayOf('Created to', typed.to)
  if (fromMs !== null && lastMs !== null && fromMs > lastMs)
    throw refusal(`The first day, ${typed.from}, is later than the last one, ${typed.to}.`)
  return {
    ...everyApiKey,
    ...(exact === 'on' && user !== '' ? { user } : { userBeginning: foldUserNameBeginning(user) }),
    ...(fromMs === null ? {} : { createdFromMs: fromMs }),
    ...(lastMs === null ? {} : { createdToMs: lastMs + dayMs - 1 }),
    ...expiryOf(typed.expires, nowMs),
    ...useOf(typed.unused, nowMs),
  }
}

function expiryOf(choice: string, nowMs: number): Partial<ApiKeyFilter> {
  const within = (days: number) => ({ expiresFromMs: nowMs, expiresToMs: nowMs + days * dayMs })
  switch (choice) {
    case '':
      return {}
    case 'never':
      return { expiresFromMs: Number.POSITIVE_INFINITY }
    case 'week':
      return within(7)
    case 'month':
      return within(30)
    case 'ever':
      return { expiresToMs: Number.MAX_SAFE_INTEGER }
  }
  throw refusal('Expires: choose one of the list.')
}

function useOf(choice: string, nowMs: number): Partial<ApiKeyFilter> {
  if (choice === '') return {}
  if (choice === 'ever') return { isNeverUsed: true }
  if (unusedChoices.every(({ value }) => value !== choice)) throw refusal('Not used: choose one of the list.')
  return { unusedSinceMs: nowMs - Number(choice) * dayMs }
}

/** The sort that has an index for what is asked, so that a page is full and costs the same whatever the number of keys. */
export function fittingSort(typed: TypedFilter): Pick<ApiKeyQuestion, 'sort' | 'order'> {
  if (typed.user !== '' && typed.exact !== 'on') return { sort: 'user', order: 'asc' }
  if (typed.unused !== '') return { sort: 'lastUsedAt', order: 'asc' }
  if (typed.expires !== '') return { sort: 'expiresAt', order: 'asc' }
  return { sort: 'createdAt', order: 'desc' }
}

/** The address of the list, or of what is below it, with the same filter. */
export function keysAddress(
  typed: TypedFilter,
  more: Readonly<Record<string, string | null>> = {},
  action: string | null = null,
): string {
  return withQuery(action === null ? keysPath : `${keysPath}/${action}`, { ...typed, ...more })
}

/** The address that gives all that matches as CSV. */
export function csvAddress(filter: ApiKeyFilter, sort: ApiKeySort, order: string): string {
  const time = (ms: number): string | null =>
    Number.isFinite(ms) ? new Date(Math.min(ms, latestMs)).toISOString() : null
  return withQuery('/v1/admin/api-keys', {
    format: 'csv',
    user: filter.user,
    userBeginning: filter.userBeginning,
    createdAfter: time(filter.createdFromMs),
    createdBefore: time(filter.createdToMs),
    expiresAfter: time(filter.expiresFromMs),
    expiresBefore: time(filter.expiresToMs),
    neverExpires: filter.expiresFromMs === Number.POSITIVE_INFINITY ? 'true' : null,
    neverUsed: filter.isNeverUsed ? 'true' : null,
    unusedSince: time(filter.unusedSinceMs),
    sort,
    order,
  })
}

/** The last time that RFC 3339 can write. */
const latestMs = Date.parse('9999-12-31T23:59:59.999Z')

/** What is asked for, in words, to be read after "keys". */
export function wordsOf(typed: TypedFilter): string {
  const { user, exact, expires, unused, from, to } = typed
  const words = [
    ...(user === ''
      ? []
      : [exact === 'on' ? `of ${isolated(user)}` : `of users whose name begins with “${isolated(user)}”`]),
    ...(expires === ''
      ? []
      : [expires === 'never' ? 'that never expire' : `that expire ${labelOf(expiryChoices, expires)}`]),
    ...(unused === '' ? [] : [unused === 'ever' ? 'never used' : `not used for ${unused} days`]),
    ...(from === '' ? [] : [`created on ${from} or later`]),
    ...(to === '' ? [] : [`created on ${to} or earlier`]),
  ]
  return words.join(', ')
}

function labelOf(
  choices: readonly { readonly value: string; readonly label: string }[],
  value: string,
): string {
  return choices.find((choice) => choice.value === value)?.label ?? value
}

/** Whether a filter asks for anything at all. */
export function asksForAll(filter: ApiKeyFilter): boolean {
  return askedBy(filter).length === 0
}

function refusal(detail: string): Problem {
  return new Problem('request_invalid', { detail })
}
