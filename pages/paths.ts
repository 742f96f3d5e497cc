/**
 * The addresses that pages send browsers to.
 */
export const homePath = '/keys'
export const signInPath = '/sign-in'
export const settingsPath = '/admin/settings'

/** What the next page says has been done; only these words, whatever an address says. */
export const notices = {
  renamed: 'The key has its new description.',
  revoked: 'The key is revoked. No instance accepts it any more.',
  settings: 'The settings are saved.',
  password: 'Your password is changed. You are signed out everywhere else.',
  yourself: 'You are yourself again.',
} as const

export const signInNotices = {
  out: 'You are signed out. The session keys of that session have ended with it.',
  ended: 'Your session has ended. Sign in again to go on.',
} as const

export function homeWith(notice: keyof typeof notices): string {
  return `${homePath}?notice=${notice}`
}
