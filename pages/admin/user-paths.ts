/**
 * The addresses of users' pages, and what they say has been done.
 */
export const usersPath = '/admin/users'
export const sessionsPath = '/admin/sessions'

/** What the list of users says has been done. */
export const listNotices = {
  deleted: 'The user is deleted. No instance accepts their keys, sessions and links any more.',
} as const

/** What the page of one user says has been done. */
export const userNotices = {
  saved: 'The roles and groups are saved. They count from the very next request on.',
  disabled: 'The user is disabled. Nothing lets them in any more.',
  enabled: 'The user is enabled again.',
  revoked: 'The API keys of this user are revoked. No instance accepts them any more.',
  out: 'The user is signed out everywhere.',
} as const

/** Browsers take these two parts out of an address, however they are encoded; the wide forms lead to the same names. */
const dots: Readonly<Record<string, string>> = { '.': '\uff0e', '..': '\uff0e\uff0e' }

/** The page of a user, or what is below it, such as `disable`. */
export function userPath(name: string, action: string | null = null): string {
  const path = `${usersPath}/${encodeURIComponent(dots[name] ?? name)}`
  return action === null ? path : `${path}/${action}`
}

export function userWith(name: string, notice: keyof typeof userNotices): string {
  return `${userPath(name)}?notice=${notice}`
}

export function sessionsOfPath(name: string): string {
  return `${sessionsPath}?${new URLSearchParams({ user: name })}`
}

/** A name within a sentence: letters that run from right to left do not carry the words around it along. */
export function isolated(name: string): string {
  return `\u2068${name}\u2069`
}
