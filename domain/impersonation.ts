/**
 * Impersonation: an administrator's session runs as another user, as a member of one group, or in one role. It stays the
 * same session with a new cookie (threat 3); its keys follow its context at once. Roles never exceed the administrator's.
 */
import type { AuditAction, Origin } from '../store/audit.ts'
import type { Impersonating, SessionContext, SessionRecord } from '../store/records.ts'
import { isAdministrator, type SessionCaller } from './caller.ts'
import { effectiveIdentity } from './context.ts'
import type { Core } from './core.ts'
import { makeCredential } from './credential.ts'
import { Problem } from './errors.ts'
import { digestOf } from './pepper.ts'
import type { Secret } from './secret.ts'
import { type Session, sessionView } from './session-list.ts'
import { findSession } from './sessions.ts'
import { findUser } from './users.ts'

export interface RenewedSession extends Session {
  /** The new cookie's value; the old one is worthless. */
  readonly cookie: Secret
}

/**
 * @throws Problem already_impersonating, role_missing (not an administrator, or a role the administrator lacks),
 * user_not_found, owner_disabled
 */
export async function startImpersonation(
  core: Core,
  caller: SessionCaller,
  { kind, name }: { readonly kind: Impersonating['kind']; readonly name: string },
  origin: Origin,
): Promise<RenewedSession> {
  if (caller.impersonator !== null) throw new Problem('already_impersonating')
  if (!isAdministrator(caller.user)) throw new Problem('role_missing')
  if (kind === 'role' && !caller.user.roles.includes(name)) {
    throw new Problem('role_missing', { detail: 'You can impersonate only a role that you have.' })
  }
  const impersonating = kind === 'user' ? await impersonatingUser(core, name) : { kind, name }
  return await renew(
    core,
    caller,
    { ...caller.session.record.context, impersonating },
    'impersonation.started',
    origin,
    {
      kind,
      name: impersonating.name,
    },
  )
}

/** @throws Problem not_impersonating */
export async function stopImpersonation(
  core: Core,
  caller: SessionCaller,
  origin: Origin,
): Promise<RenewedSession> {
  const { impersonating, ...context } = caller.session.record.context
  if (impersonating === undefined) throw new Problem('not_impersonating')
  const { kind, name } = impersonating
  return await renew(core, caller, context, 'impersonation.stopped', origin, { kind, name })
}

async function impersonatingUser(core: Core, name: string): Promise<Impersonating> {
  const { record } = await findUser(core, name)
  if (record.disabled) throw new Problem('owner_disabled')
  return { kind: 'user', name: record.name, user: record.id }
}

/** Changes the context and the cookie together, from the very state that the caller came with. */
async function renew(
  core: Core,
  { session }: SessionCaller,
  context: SessionContext,
  action: AuditAction,
  origin: Origin,
  details: Readonly<Record<string, unknown>>,
): Promise<RenewedSession> {
  const { user, id } = session
  const { secret } = makeCredential('session', core.gate.id(), { user, session: id })
  const { newest } = core.peppers
  const after: SessionRecord = {
    ...session.record,
    context,
    digest: digestOf(newest, secret),
    pepper: newest.number,
  }
  const { owner } = await findSession(core, user + id)
  const event = { ...origin, action, subject: owner.record.name, details: { id: user + id, ...details } }
  if (!(await core.stores.sessions.replace(user, id, session, after, event)))
    throw new Problem('record_contended')
  const targetId = context.impersonating?.user
  const target = targetId === undefined ? null : ((await core.stores.users.read(targetId))?.record ?? null)
  if (effectiveIdentity(owner.record, context, target) === null) throw new Problem('credential_invalid')
  const stored = { text: '', record: after, touchedMs: session.touchedMs }
  return { ...sessionView(owner.record, user + id, stored, target), cookie: secret }
}
