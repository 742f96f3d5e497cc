import fc from 'fast-check'
import t from 'tap'
import { effectiveIdentity } from '../../domain/context.ts'
import type { SessionContext, UserRecord } from '../../store/records.ts'
import { holds } from './property.ts'

const bare: SessionContext = {
  termsOfUse: [],
  phiLevel: 'not-phi',
  authenticated: { methods: ['pwd'], at: '2026-01-01T00:00:00.000Z' },
}

function userWith(name: string, roles: readonly string[], more: Partial<UserRecord> = {}): UserRecord {
  return { v: 1, id: `id-${name}`, name, roles, groups: [`${name}s`], generation: 'g', created: 1, ...more }
}

const root = userWith('root', ['user', 'editor', 'admin'])

t.test('without anything said, a session is its user', (t) => {
  const identity = effectiveIdentity(root, bare, null)
  t.strictSame(identity?.user, { id: 'id-root', name: 'root', roles: root.roles, groups: root.groups })
  t.equal(identity?.impersonator, null)
  t.strictSame(identity?.context, { ...bare, roles: root.roles, groups: root.groups })
  t.end()
})

t.test("a context narrows the roles and never adds one; its groups stand in place of the user's", (t) => {
  const context = { ...bare, roles: ['admin', 'owner', 'user'], groups: ['lab'] }
  const identity = effectiveIdentity(userWith('ada', ['user', 'editor']), context, null)
  t.strictSame(identity?.user.roles, ['user'])
  t.strictSame(identity?.user.groups, ['lab'])
  t.strictSame(effectiveIdentity(root, { ...bare, roles: [], groups: [] }, null)?.user.roles, [])
  t.end()
})

t.test('threat 20: a group or a role is impersonated with what the administrator has of it', (t) => {
  const inGroup = effectiveIdentity(root, { ...bare, impersonating: { kind: 'group', name: 'lab' } }, null)
  t.match(inGroup, {
    user: { name: 'root', roles: ['user'], groups: ['lab'] },
    impersonator: { name: 'root', roles: root.roles },
    context: { roles: ['user'], groups: ['lab'], impersonating: { kind: 'group', name: 'lab' } },
  })
  const inRole = (name: string) =>
    effectiveIdentity(root, { ...bare, impersonating: { kind: 'role', name } }, null)?.user
  t.match(inRole('editor'), { name: 'root', roles: ['editor'] })
  t.strictSame(inRole('editor')?.groups, [])
  t.strictSame(inRole('owner')?.roles, [], 'not a role that the administrator lacks')
  t.end()
})

t.test('threat 20: an impersonated user has no role that the administrator lacks, and no id leaks', (t) => {
  const ada = userWith('ada', ['editor', 'owner'])
  const impersonating = { kind: 'user', name: 'ada', user: ada.id } as const
  const identity = effectiveIdentity(root, { ...bare, impersonating }, ada)
  t.strictSame(identity?.user, { id: ada.id, name: 'ada', roles: ['editor'], groups: ['adas'] })
  t.strictSame(identity?.impersonator, { id: root.id, name: 'root', roles: root.roles, groups: root.groups })
  t.strictSame(identity?.context.impersonating, { kind: 'user', name: 'ada' })
  t.end()
})

t.test('threat 20: impersonation stands only while the administrator is one and the user is there', (t) => {
  const ada = userWith('ada', ['user'])
  const asUser = { ...bare, impersonating: { kind: 'user', name: 'ada', user: ada.id } as const }
  t.equal(effectiveIdentity(root, asUser, null), null, 'a deleted user')
  t.equal(effectiveIdentity(root, asUser, { ...ada, disabled: true }), null, 'a disabled user')
  const demoted = { ...root, roles: ['user', 'editor'] }
  for (const kind of ['user', 'group', 'role'] as const) {
    const context = { ...bare, impersonating: { kind, name: 'user', user: ada.id } }
    t.equal(effectiveIdentity(demoted, context, ada), null, `a demoted administrator, ${kind}`)
    t.equal(effectiveIdentity(root, { ...context, roles: ['user'] }, ada), null, 'narrowed to less than one')
    t.not(effectiveIdentity(root, context, ada), null)
  }
  t.end()
})

t.test('threat 20: whatever is said, no effective role is one that the owner lacks', (t) => {
  const roles = fc.uniqueArray(fc.constantFrom<string[]>('user', 'editor', 'admin', 'owner', 'Admin', ''), {
    maxLength: 6,
  })
  const groups = fc.array(fc.string(), { maxLength: 3 })
  const impersonating = fc.record({
    kind: fc.constantFrom('user' as const, 'group' as const, 'role' as const),
    name: fc.constantFrom('user', 'editor', 'admin', 'owner'),
    user: fc.constant('id-target'),
  })
  const told = fc.record({ roles, groups, impersonating }, { requiredKeys: [] })
  const property = fc.property(roles, told, fc.option(roles), fc.boolean(), (own, said, others, disabled) => {
    const owner = userWith('owner', own)
    const target = others === null ? null : userWith('target', others, disabled ? { disabled: true } : {})
    const identity = effectiveIdentity(owner, { ...bare, ...said }, target)
    if (identity === null) return said.impersonating !== undefined
    const { user, impersonator, context } = identity
    const isWithin = user.roles.every((role) => own.includes(role) && (said.roles ?? own).includes(role))
    const isSame = context.roles === user.roles && context.groups === user.groups
    const knowsBoth = (impersonator === null) === (said.impersonating === undefined)
    const mayImpersonate = impersonator === null || impersonator.roles.includes('admin')
    return isWithin && isSame && knowsBoth && mayImpersonate
  })
  holds(t, property)
  t.end()
})
