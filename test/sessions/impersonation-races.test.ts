// Impersonation that begins while API keys are minted in the same session, and while the session ends.

import t from 'tap'
import { mintOwnApiKey } from '../../domain/api-key-mint.ts'
import type { SessionCaller } from '../../domain/caller.ts'
import type { Core } from '../../domain/core.ts'
import { Problem } from '../../domain/errors.ts'
import { startImpersonation, stopImpersonation } from '../../domain/impersonation.ts'
import { endSession } from '../../domain/sessions.ts'
import { assertProblem, auditEvents, send, stateOf } from '../routes/evidence.ts'
import { interrupted } from '../support/interrupted.ts'
import { callerBy, lifeLeft, startSessionSite, testOrigin } from '../support/session-site.ts'

/** A tenth of LATCHKEY_TEST_RACES: see sign-out-races.test.ts. */
const races = Math.ceil(Number(process.env.LATCHKEY_TEST_RACES ?? 2000) / 10)
const atOnce = 20

const site = await startSessionSite(t, { settings: { apiKeysPerUser: 1000 } })
const { server } = site
const asUser = { kind: 'role', name: 'user' } as const
const order = { description: '', lifetimeDays: null }

/** @returns the key's id and secret, or the code of the refusal */
async function tryToMint(core: Core, caller: SessionCaller) {
  return await mintOwnApiKey(core, caller, order, testOrigin).then(
    ({ id, secret }) => ({ id, secret: secret.reveal(), code: null }),
    (error: unknown) => {
      if (error instanceof Problem) return { id: null, secret: null, code: error.code }
      throw error
    },
  )
}

site.test('threat 19: impersonation that begins in the middle of a mint leaves no API key', async (t) => {
  const { id, cookie } = await site.cookieSession('boss', ['user', 'admin'])
  const caller = await callerBy(site, cookie)
  const begin = async () => await startImpersonation(site.core, caller, asUser, testOrigin)
  const core = interrupted(site.core, 'before the write', begin)
  t.match(await tryToMint(core, caller), { code: 'impersonating' })
  t.strictSame(await auditEvents(server, 'api-key.minted'), [])
  t.strictSame(await server.command('KEYS', 'lk:{?}:k:*'), [])

  await site.cookieSession('grace', ['user', 'admin'])
  const url = 'POST /v1/users/boss/api-keys'
  const before = await stateOf(server)
  assertProblem(t, await send(site, url, site.first, { session: id }), 'impersonating')
  t.strictSame(await stateOf(server), before, 'nor does a service mint for it')
})

site.test('threat 19: of mints that race the beginning, none is after it', async (t) => {
  const other = await site.anotherCore()
  const outcomes: Record<string, number> = {}
  const secrets = new Map<string, string>()

  async function race(index: number): Promise<void> {
    const user = `racer-${index}`
    const boss = await site.cookieSession(user, ['user', 'admin'])
    const caller = await callerBy(site, boss.cookie)
    const begin = async () => {
      for (let turns = index % 8; turns > 0; turns--) await site.core.stores.apiKeys.nextNumber()
      return await startImpersonation(other, caller, asUser, testOrigin)
    }
    const [begun, ...minted] = await Promise.all([
      begin(),
      tryToMint(site.core, caller),
      tryToMint(other, caller),
    ])
    const asOther = await callerBy(site, begun.cookie.reveal())
    const late = await tryToMint(site.core, asOther)
    if (late.code !== 'impersonating') outcomes.late = (outcomes.late ?? 0) + 1
    const stopped = await stopImpersonation(other, asOther, testOrigin)
    const again = await tryToMint(site.core, await callerBy(site, stopped.cookie.reveal()))
    if (again.secret === null) outcomes.afterwards = (outcomes.afterwards ?? 0) + 1
    for (const { id, secret, code } of minted) {
      outcomes[code ?? 'minted'] = (outcomes[code ?? 'minted'] ?? 0) + 1
      if (id !== null) secrets.set(id, secret)
    }
    if (again.id !== null) secrets.set(again.id, again.secret)
  }
  for (let begun = 0; begun < races; begun += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, races - begun) }, (_, index) => race(begun + index))
    await Promise.all(batch)
  }
  t.comment(`${races} races: ${JSON.stringify(outcomes)}`)
  t.strictSame(Object.keys(outcomes).toSorted(), ['impersonating', 'minted'], 'both sides won some')

  const impersonating = new Set<string>()
  const wrong: string[] = []
  const minted = new Set<string>()
  // All events of a user are in one stream, in their order.
  for (const { action, subject, details } of await auditEvents(server)) {
    if (action === 'impersonation.started') impersonating.add(subject)
    if (action === 'impersonation.stopped') impersonating.delete(subject)
    if (action !== 'api-key.minted') continue
    minted.add(String(details?.id))
    if (impersonating.has(subject)) wrong.push(subject)
  }
  t.strictSame(wrong, [], 'no key was minted while its session impersonated')
  t.strictSame([...minted].toSorted(), [...secrets.keys()].toSorted(), 'every key that was made was answered')
  const verdicts = await Promise.all([...secrets.values()].map((secret) => site.core.verifier.verify(secret)))
  t.strictSame(new Set(verdicts.map(({ active }) => active)), new Set([true]))
})

site.test('a sign-out that races impersonation leaves no session, and no cookie works', async (t) => {
  const other = await site.anotherCore()
  const left: string[] = []
  const working: string[] = []
  const codes = new Set<string>()
  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const boss = await site.cookieSession(`ender-${index}`, ['user', 'admin'])
      const caller = await callerBy(site, boss.cookie)
      const end = async () => {
        for (let turns = index % 4; turns > 0; turns--) await site.core.stores.apiKeys.nextNumber()
        await endSession(other, boss.id, testOrigin)
      }
      const begin = startImpersonation(site.core, caller, asUser, testOrigin).then(
        ({ cookie }) => cookie.reveal(),
        ({ code }: Problem) => {
          codes.add(code)
          return boss.cookie
        },
      )
      const [cookie] = await Promise.all([begin, end()])
      if ((await site.core.verifier.verify(cookie, ['session'])).active) working.push(boss.id)
      if ((await lifeLeft(server, boss.id)) !== -2) left.push(boss.id)
    }),
  )
  t.strictSame([left, working], [[], []])
  t.ok(
    [...codes].every((code) => ['session_not_found', 'record_contended'].includes(code)),
    [...codes].join(),
  )
})

site.test(
  'two beginnings at once from one session: one succeeds, with the only cookie that works',
  async (t) => {
    const boss = await site.cookieSession('twice', ['user', 'admin'])
    const begin = async () => await send(site, 'POST /v1/session/impersonation', boss.headers, asUser)
    const answers = await Promise.all([begin(), begin(), begin(), begin()])
    const begun = answers.filter(({ statusCode }) => statusCode === 200)
    t.equal(begun.length, 1)
    const codes = new Set(
      answers.filter((answer) => !begun.includes(answer)).map((answer) => answer.json().code),
    )
    t.ok(
      [...codes].every((code) => ['record_contended', 'credential_invalid'].includes(code)),
      [...codes].join(),
    )
    t.equal((await send(site, 'GET /v1/session', boss.headers)).statusCode, 401)
    t.equal(
      (await auditEvents(server, 'impersonation.started')).filter(({ subject }) => subject === 'twice')
        .length,
      1,
    )
  },
)
