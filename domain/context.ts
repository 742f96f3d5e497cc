/**
 * Who a session acts as, right now: its user, narrowed by the session's context, or the identity that its administrator
 * impersonates. Pure; decided anew at every verification, so a change shows in the very next use.
 */
import type { SessionContext, UserRecord } from '../store/records.ts'
import { defaultRole, isAdministrator, type UserIdentity } from './caller.ts'

/** A session's context as verdicts show it. */
export interface Context {
  /** Effective: what the user has, narrowed by the session and by impersonation. */
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly termsOfUse: SessionContext['termsOfUse']
  readonly phiLevel: SessionContext['phiLevel']
  readonly impersonating?: { readonly kind: 'user' | 'group' | 'role'; readonly name: string }
  readonly authenticated: SessionContext['authenticated']
}

export interface EffectiveIdentity {
  readonly user: UserIdentity
  /** The real user, while impersonating. */
  readonly impersonator: UserIdentity | null
  readonly context: Context
}

/**
 * Roles never exceed the owner's: a context narrows them, impersonation narrows them further (threat 20).
 * @param target the record of the impersonated user, where one is
 * @returns null when the impersonation no longer stands: the owner is no administrator any more, or the impersonated user
 * is disabled or gone
 */
export function effectiveIdentity(
  owner: UserRecord,
  context: SessionContext,
  target: UserRecord | null,
): EffectiveIdentity | null {
  const real: UserIdentity = {
    id: owner.id,
    name: owner.name,
    roles: context.roles === undefined ? owner.roles : common(owner.roles, context.roles),
    groups: context.groups ?? owner.groups,
  }
  if (context.impersonating === undefined) return identity(real, null, context)
  if (!isAdministrator(real)) return null
  const { kind, name } = context.impersonating
  if (kind === 'group')
    return identity({ ...real, roles: common([defaultRole], real.roles), groups: [name] }, real, context)
  if (kind === 'role')
    return identity({ ...real, roles: common([name], real.roles), groups: [] }, real, context)
  if (target === null || target.disabled) return null
  const user = {
    id: target.id,
    name: target.name,
    roles: common(target.roles, real.roles),
    groups: target.groups,
  }
  return identity(user, real, context)
}

function identity(
  user: UserIdentity,
  impersonator: UserIdentity | null,
  context: SessionContext,
): EffectiveIdentity {
  const { termsOfUse, phiLevel, impersonating, authenticated } = context
  const shown =
    impersonating === undefined
      ? {}
      : { impersonating: { kind: impersonating.kind, name: impersonating.name } }
  const { roles, groups } = user
  return { user, impersonator, context: { roles, groups, termsOfUse, phiLevel, ...shown, authenticated } }
}

function common(some: readonly string[], others: readonly string[]): readonly string[] {
  return some.filter((one) => others.includes(one))
}
