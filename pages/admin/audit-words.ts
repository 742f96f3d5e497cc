/**
 * The actions of the audit log in words: what somebody did, and the nouns that group the actions of the filter. Pure.
 */
import { auditActions } from '../../domain/audit-log.ts'
import type { AuditAction } from '../../store/audit.ts'

/** To be read after who did it. Complete, because it is typed by the list of actions. */
const actionWords: Readonly<Record<AuditAction, string>> = {
  'site.created': 'created the site',
  'user.created': 'created a user',
  'user.changed': 'changed a user',
  'user.deleted': 'deleted a user',
  'api-key.minted': 'made an API key',
  'api-key.renamed': 'described an API key anew',
  'api-key.revoked': 'revoked an API key',
  'api-key.shortened': 'shortened the life of an API key',
  'api-keys.revoked': 'revoked many API keys',
  'api-keys.clamped': 'shortened all API keys to the policy',
  'user.invited': 'invited a user',
  'invitation.claimed': 'set a password by an invitation',
  'password.changed': 'changed a password',
  'session.opened': 'opened a session',
  'session.changed': 'changed a session',
  'session.ended': 'ended a session',
  'session-key.minted': 'made a session key',
  'session-key.revoked': 'revoked a session key',
  'impersonation.started': 'began to impersonate',
  'impersonation.stopped': 'stopped impersonating',
  'sign-in.refused': 'was refused at sign-in',
  'service.added': 'added a service',
  'service.rotated': 'gave a service a new secret',
  'service.removed': 'removed a service',
  'settings.changed': 'changed the settings',
  'pepper.added': 'added a pepper',
}

type Noun<Action extends string> = Action extends `${infer Name}.${string}` ? Name : never
export type AuditNoun = Noun<AuditAction>

const nounWords: Readonly<Record<AuditNoun, string>> = {
  site: 'Site',
  user: 'Users',
  'api-key': 'API keys',
  'api-keys': 'API keys at once',
  invitation: 'Invitations',
  password: 'Passwords',
  session: 'Sessions',
  'session-key': 'Session keys',
  impersonation: 'Impersonation',
  'sign-in': 'Sign-in',
  service: 'Services',
  settings: 'Settings',
  pepper: 'Peppers',
}

export function nounOf(action: string): string {
  return action.slice(0, action.indexOf('.'))
}

/** @returns null for an action of a later or an earlier version: its code has to do */
export function wordsOf(action: string): string | null {
  return Object.entries(actionWords).find(([code]) => code === action)?.[1] ?? null
}

export function isActionOrNoun(text: string): boolean {
  return auditActions.some((action) => action === text || nounOf(action) === text)
}

export interface ActionGroup {
  readonly title: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
}

/** For the filter: a group for each noun, and all of a noun that has more than one action. */
export const actionGroups: readonly ActionGroup[] = Object.entries(nounWords).map(([noun, title]) => {
  const options = auditActions
    .filter((action) => nounOf(action) === noun)
    .map((action) => ({ value: action as string, label: actionWords[action] }))
  const all = { value: noun, label: `${title}: all` }
  return { title, options: options.length > 1 ? [all, ...options] : options }
})
