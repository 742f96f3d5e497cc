import t from 'tap'
import { accessRefusal, type GuardedAccess } from '../../domain/access.ts'
import { type Caller, isServiceName, permissions } from '../../domain/caller.ts'

/** A caller, how it comes, and the declarations of which each one alone lets it in. */
type Case = readonly [
  name: string,
  how: 'key' | 'session' | 'service',
  caller: Caller,
  letIn: readonly string[],
]

function serviceWith(held: readonly string[]): Caller {
  return { kind: 'service', id: 'first', permissions: held, expiresAtMs: null }
}

function userWith(kind: 'api-key' | 'session-key' | 'session', roles: readonly string[]): Caller {
  // Groups never count, whatever they are called.
  const user = { id: 'User0001', name: 'ada', roles, groups: ['admin', 'verify', 'any'] }
  if (kind === 'api-key') return { kind, id: 'User0001Key00001', user, expiresAtMs: null }
  const context = {
    termsOfUse: [],
    phiLevel: 'not-phi',
    authenticated: { methods: [], at: '2026-01-01T00:00:00Z' },
  } as const
  const record = { v: 1, created: 1, absoluteEnd: 2, idle: 1, context, address: '' } as const
  return {
    kind,
    id: 'User0001Sess0001',
    user,
    // Nor does what an impersonated user's administrator may.
    impersonator: { ...user, id: 'User0002', name: 'grace', roles: ['admin'] },
    context: { ...context, roles: ['admin'], groups: [] },
    expiresAtMs: 2,
    session: { user: user.id, id: 'Sess0001', text: '', record, touchedMs: 1 },
  }
}

const users = (['api-key', 'session-key', 'session'] as const).flatMap((kind): Case[] => {
  const how = kind === 'session' ? 'session' : 'key'
  const resembling = ['Admin', 'admin ', 'administrator', 'any', 'verify']
  return [
    [`a user by ${kind}`, how, userWith(kind, ['user']), [`${how}: any`]],
    [`a user without roles by ${kind}`, how, userWith(kind, []), [`${how}: any`]],
    [`a user with roles that resemble by ${kind}`, how, userWith(kind, resembling), [`${how}: any`]],
    [`an administrator by ${kind}`, how, userWith(kind, ['user', 'admin']), [`${how}: any`, `${how}: admin`]],
  ]
})

const services = [
  [],
  ['any', 'Verify', 'verify ', 'user'],
  permissions,
  ...permissions.map((permission) => [permission]),
  ...permissions.map((permission) => permissions.filter((other) => other !== permission)),
].map((held): Case => {
  const real = permissions.filter((permission) => held.some((one) => one === permission))
  const letIn = ['service: any', ...real.map((permission) => `service: ${permission}`)]
  return [`a service with ${JSON.stringify(held)}`, 'service', serviceWith(held), letIn]
})

const refusals = {
  key: { undeclared: 'credential_not_accepted', lacking: 'role_missing' },
  session: { undeclared: 'service_needed', lacking: 'role_missing' },
  service: { undeclared: 'user_credential_needed', lacking: 'permission_missing' },
} as const

t.test(
  'a declaration lets in exactly the callers it names, for every combination of what it may say',
  (t) => {
    const rules = [undefined, 'any', 'admin'] as const
    const serviceRules = [
      undefined,
      'any',
      ...permissions,
      [],
      ['verify'],
      ['admin', 'revoke'],
      permissions,
    ] as const
    const allowed = new Map<string, number>()
    for (const key of rules) {
      for (const session of rules) {
        for (const service of serviceRules) {
          const access: GuardedAccess = {
            ...(key && { key }),
            ...(session && { session }),
            ...(service && { service }),
          }
          const declared = Object.entries(access).flatMap(([how, who]) =>
            [who].flat().map((one) => `${how}: ${one}`),
          )
          const expected: Record<string, string | null> = {}
          const actual: typeof expected = {}
          for (const [name, how, caller, letIn] of [...users, ...services]) {
            const isLetIn = letIn.some((one) => declared.includes(one))
            expected[name] = isLetIn
              ? null
              : refusals[how][access[how] === undefined ? 'undeclared' : 'lacking']
            actual[name] = accessRefusal(access, caller)
            if (isLetIn) allowed.set(how, (allowed.get(how) ?? 0) + 1)
          }
          t.strictSame(actual, expected, JSON.stringify(access))
        }
      }
    }
    // Counted by hand. Users by key: 8 under "any" and 2 under "admin"; in a session: 4 and 1. Services: 13 under "any", 6
    // under each permission and its list, 8 under a list of two, 11 under the list of all, none under the empty list.
    const servicesLetIn = 13 + 5 * 6 + 6 + 8 + 11
    t.strictSame(Object.fromEntries(allowed), {
      key: 10 * 3 * 11,
      session: 5 * 3 * 11,
      service: servicesLetIn * 9,
    })
    t.end()
  },
)

t.test('an empty declaration lets nobody in', (t) => {
  for (const [name, how, caller] of [...users, ...services]) {
    t.equal(accessRefusal({}, caller), refusals[how].undeclared, name)
  }
  t.end()
})

t.test('names of services are short, lower case and start with a letter or digit', (t) => {
  for (const name of ['a', '0', 'first', 'host-app', 'a.b_c-d', 'a'.repeat(63)])
    t.equal(isServiceName(name), true, name)
  for (const name of [
    '',
    'A',
    '-a',
    '.a',
    '_a',
    'a b',
    'a:b',
    'a\n',
    '\na',
    'é',
    'a/b',
    '{a}',
    'a*',
    'a'.repeat(64),
  ]) {
    t.equal(isServiceName(name), false, JSON.stringify(name))
  }
  t.end()
})
