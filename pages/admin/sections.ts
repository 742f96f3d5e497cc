/**
 * The administrators' pages as their navigation names them.
 */
export const sections = [
  { name: 'overview', title: 'Overview', path: '/admin' },
  { name: 'keys', title: 'API keys', path: '/admin/keys' },
  { name: 'users', title: 'Users', path: '/admin/users' },
  { name: 'sessions', title: 'Sessions', path: '/admin/sessions' },
  { name: 'services', title: 'Services', path: '/admin/services' },
  { name: 'settings', title: 'Settings', path: '/admin/settings' },
  { name: 'audit', title: 'Audit log', path: '/admin/audit' },
] as const

export type AdminSection = (typeof sections)[number]['name']

export const adminPath = '/admin'
