// Sign-outs that race mints: LATCHKEY_TEST_RACES times, 2000 when it is not set. The long form is
// `LATCHKEY_TEST_RACES=20000 npx tap --timeout=600 test/sessions/sign-out-races.test.ts`.

import t from 'tap'
import { idLength } from '../../domain/credential.ts'
import { Problem } from '../../domain/errors.ts'
import { mintSessionKey } from '../../domain/session-keys.ts'
import { endSession, openSessionFor } from '../../domain/sessions.ts'
import { auditEvents } from '../routes/evidence.ts'
import { lifeLeft, sessionHashes, startSessionSite, testOrigin } from '../support/session-site.ts'

const races = Number(process.env.LATCHKEY_TEST_RACES ?? 2000)
const atOnce = 50

const site = await startSessionSite(t, { settings: { sessionKeysPerSession: 5 } })
const { server } = site
const service = {
  kind: 'service',
  id: 'first',
  permissions: ['sessions', 'admin'],
  expiresAtMs: null,
} as const

/** @returns the key's secret, or the code of the refusal */
async function tryToMint(core: typeof site.core, id: string) {
  return await mintSessionKey(core, service, id, '', testOrigin).then(
    ({ secret }) => ({ secret: secret.reveal(), code: null }),
    (error: unknown) => {
      if (error instanceof Problem) return { secret: null, code: error.code }
      throw error
    },
  )
}

site.test(
  'threat 46: after a sign-out that races mints, no session key verifies and nothing is left',
  async (t) => {
    const other = await site.anotherCore()
    const outcomes: Record<string, number> = {}
    const survivors: string[] = []
    const left: string[] = []

    async function race(index: number): Promise<void> {
      const { id } = await openSessionFor(
        site.core,
        service,
        `racer-${index % 100}`,
        { context: {} },
        testOrigin,
      )
      const end = async () => {
        // Now before the mints, now between their steps, now after them.
        for (let turns = index % 8; turns > 0; turns--) await site.core.stores.apiKeys.nextNumber()
        await endSession(other, id, testOrigin)
      }
      const [first, second] = await Promise.all([tryToMint(site.core, id), tryToMint(other, id), end()])
      for (const { secret, code } of [first, second]) {
        outcomes[code ?? 'minted'] = (outcomes[code ?? 'minted'] ?? 0) + 1
        if (secret === null) continue
        const verdicts = await Promise.all([site.core.verifier.verify(secret), other.verifier.verify(secret)])
        if (verdicts.some(({ active }) => active)) survivors.push(id)
      }
      if ((await lifeLeft(server, id)) !== -2) left.push(id)
    }

    for (let begun = 0; begun < races; begun += atOnce) {
      const batch = Array.from({ length: Math.min(atOnce, races - begun) }, (_, index) => race(begun + index))
      await Promise.all(batch)
    }
    t.comment(`${races} races: ${JSON.stringify(outcomes)}`)
    t.strictSame(survivors, [], 'no key verifies')
    t.strictSame(left, [], 'no session is left')
    t.strictSame(await sessionHashes(server), [])
    // All events of a user are in one stream, in their order.
    const ended = new Set<string>()
    const late: string[] = []
    for (const { action, details } of await auditEvents(server)) {
      const id = String(details?.id)
      if (action === 'session.ended') ended.add(id)
      if (action === 'session-key.minted' && ended.has(id.slice(0, 2 * idLength))) late.push(id)
    }
    t.equal(ended.size, races)
    t.strictSame(late, [], 'none was written after the end, not even for a moment')
    t.strictSame(Object.keys(outcomes).toSorted(), ['minted', 'session_not_found'], 'both sides won some')
  },
)
