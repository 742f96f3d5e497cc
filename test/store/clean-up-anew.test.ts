// The clean-up of one user's keys is filed before they are ended, so another instance may meet it too early: it is filed anew.

import t from 'tap'
import type { Core } from '../../domain/core.ts'
import { runOpenJobs } from '../../domain/jobs.ts'
import { revokeApiKeysOfUser } from '../../domain/revocation.ts'
import { removeUser } from '../../domain/user-deletion.ts'
import { mentionsOf } from '../support/planted-keys.ts'
import { startSite } from '../support/site.ts'
import { startWorker } from '../support/worker.ts'

const origin = { actor: { kind: 'system', name: 'test', id: '' }, address: '' } as const

/** The same rules, with a step of somebody else right before the user's record is changed or deleted. */
function withStepBefore(core: Core, step: () => Promise<void>): Core {
  const { users } = core.stores
  return {
    ...core,
    stores: {
      ...core.stores,
      users: {
        ...users,
        async replace(...change) {
          await step()
          return await users.replace(...change)
        },
        async delete(...deletion) {
          await step()
          return await users.delete(...deletion)
        },
      },
    },
  }
}

const ways = {
  'all keys of a user are revoked': async (core: Core) => await revokeApiKeysOfUser(core, 'Ada', origin),
  'a user is deleted': async (core: Core) => await removeUser(core, 'Ada', origin),
} as const

for (const [way, end] of Object.entries(ways)) {
  t.test(`${way}: a clean-up that another instance ended too early is done again`, async (t) => {
    const site = await startSite(t)
    const keys = [await site.mint('ada'), await site.mint('ada'), await site.mint('ada')]
    const kept = await site.mint('bob')
    // From here on nothing runs by itself.
    await site.close()
    const [one, two] = [
      await startWorker(t, { url: site.server.url }),
      await startWorker(t, { url: site.server.url }),
    ]
    const early: unknown[] = []
    const core = withStepBefore(one.core, async () => {
      await runOpenJobs(two.core, () => false)
      early.push(...(await two.core.stores.jobs.list()))
    })
    await end(core)
    t.match(
      early,
      [{ kind: 'remove-dead', total: 3, endedMs: Number }],
      'it was ended before there was anything to do',
    )
    t.equal(early.length, 1)
    t.match(await two.core.stores.jobs.list(), [{ kind: 'remove-dead', total: 3, done: 3, endedMs: Number }])
    t.same(await site.server.command('KEYS', `lk:{?}:k:${kept.id.slice(0, 8)}:*`), [
      `lk:{${kept.id.charAt(0)}}:k:${kept.id.slice(0, 8)}:${kept.id.slice(8)}`,
    ])
    t.equal(
      ((await site.server.command('KEYS', 'lk:{?}:k:*')) as string[]).length,
      1,
      'every record of theirs is gone',
    )
    for (const { id, secret } of keys) {
      t.same(await mentionsOf(site.server, id), [])
      for (const worker of [one, two])
        t.match(await worker.core.verifier.verify(secret), { active: false, code: 'credential_invalid' })
    }
    t.match(await two.core.verifier.verify(kept.secret), { active: true }, 'and of nobody else')
  })
}
