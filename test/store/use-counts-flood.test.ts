// Floods of refused addresses: what is kept of them in memory and in Redis is bounded.

import t from 'tap'
import { names } from '../../store/names.ts'
import { createUseCounts, otherAddresses } from '../../store/use-counts.ts'
import { startSite } from '../support/site.ts'

t.test(
  'threat 18: a flood of addresses is bounded in memory and in Redis, and hides nobody who came before',
  async (t) => {
    const site = await startSite(t)
    const day = Date.UTC(2026, 10, 23)
    const sizes: number[] = []
    const counts = createUseCounts({
      add: async (name, outcomes, addresses) => {
        sizes.push(addresses.size)
        await site.core.stores.useCounts.add(name, outcomes, addresses)
      },
    })
    t.teardown(async () => await counts.close())
    const note = (address: string): void => counts.note('credential_malformed', address, day)
    const heavy = Array.from({ length: 10 }, (_, index) => `198.51.100.${index}`)
    for (const address of heavy) for (let time = 0; time < 50; time++) note(address)
    const listed = names.refusalsOfDay('2026-11-23')
    for (let flood = 0; flood < 3; flood++) {
      for (let index = 0; index < 5_000; index++) note(`10.${flood}.${index >> 8}.${index & 255}`)
      await counts.flush()
      t.equal(sizes.at(-1), 1_001, 'a thousand addresses, and the others as one')
      t.equal(await site.server.command('ZCARD', listed), 1_000)
    }
    const refusals = await site.core.stores.useCounts.refusalsOf(['2026-11-23'])
    t.equal(refusals.size, 1_000)
    for (const address of heavy)
      t.equal(refusals.get(address), 50, 'those refused most are kept, with all their refusals')
    const noted = [4_010, 4_000, 4_000]
    t.equal(
      refusals.get(otherAddresses),
      noted.reduce((sum, count) => sum + count, 0),
    )
    const [outcomes] = await site.core.stores.useCounts.outcomesOf(['2026-11-23'])
    t.same(
      [...(outcomes ?? [])],
      [['credential_malformed', 15_500]],
      'and every one is counted by its outcome',
    )
  },
)

t.test('threat 18: a flood while Redis is away stays bounded, too', async (t) => {
  const sizes: number[] = []
  let isAway = true
  const counts = createUseCounts({
    add: async (_day, outcomes, addresses) => {
      sizes.push(addresses.size)
      if (isAway) throw new Error('away')
      t.equal(addresses.get(otherAddresses), 14_000)
      t.same([...outcomes], [['credential_invalid', 15_000]])
    },
  })
  t.teardown(async () => await counts.close())
  for (let flood = 0; flood < 3; flood++) {
    for (let index = 0; index < 5_000; index++) counts.note('credential_invalid', `${flood}-${index}`, 0)
    await counts.flush()
  }
  isAway = false
  await counts.flush()
  t.equal(sizes.length, 4)
  t.ok(Math.max(...sizes) <= 1_001, 'what is noted again does not grow')
})
