import t from 'tap'
import { createCore } from '../../domain/core.ts'
import { Problem } from '../../domain/errors.ts'
import { parsePeppers } from '../../domain/pepper.ts'
import { createPepperRing } from '../../domain/pepper-ring.ts'
import { forgetTries, giveBackTry, takeTry } from '../../domain/tries.ts'
import { connectRedis } from '../../store/redis.ts'
import { everythingIn } from '../routes/evidence.ts'
import { startRedis } from '../support/redis.ts'
import { testPeppers } from '../support/site.ts'
import { redisTime, triesAreForgotten, tryCounters, waitsAreOver, waitsUntil } from '../support/tries.ts'

const server = await startRedis(t)
const redis = connectRedis({ url: server.url, readDeadlineMs: 20_000, writeDeadlineMs: 20_000 })
t.teardown(async () => await redis.close())
await new Promise<void>((resolve) => redis.onReady(resolve))
const peppers = parsePeppers(testPeppers)
if (typeof peppers === 'string') throw new Error(peppers)
const core = createCore(redis, createPepperRing(peppers))

/** @returns seconds to wait; 0: go on */
async function tryAs(account: string, address: string): Promise<number> {
  return await takeTry(core, { account, address }).then(
    () => 0,
    (error: unknown) => {
      if (!(error instanceof Problem) || error.code !== 'too_many_tries') throw error
      return error.retryAfterSeconds ?? -1
    },
  )
}

t.afterEach(async () => await triesAreForgotten(server))

t.test('threat 11: of a hundred tries at once from one address for one account, five are made', async (t) => {
  const waits = await Promise.all(Array.from({ length: 100 }, async () => await tryAs('ada', '192.0.2.1')))
  t.equal(waits.filter((seconds) => seconds === 0).length, 5)
  t.ok(waits.every((seconds) => seconds === 0 || seconds === 1))
})

t.test('threat 11: after that each wait is twice the one before, up to a quarter of an hour', async (t) => {
  for (let count = 0; count < 4; count++) t.equal(await tryAs('ada', '192.0.2.1'), 0)
  t.equal(await waitsUntil(server), 0, 'four are free')
  for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
    const before = await redisTime(server)
    t.equal(await tryAs('ada', '192.0.2.1'), 0, 'the wait before has ended')
    const [until, after] = [await waitsUntil(server), await redisTime(server)]
    t.ok(until - after <= seconds * 1000 && until - before >= seconds * 1000, `${seconds} s`)
    await waitsAreOver(server)
  }
})

t.test('threat 12: knocking does not lengthen a wait', async (t) => {
  for (let count = 0; count < 12; count++) {
    await tryAs('ada', '192.0.2.1')
    if (count < 11) await waitsAreOver(server)
  }
  const until = await waitsUntil(server)
  for (let count = 0; count < 20; count++) t.ok((await tryAs('ada', '192.0.2.1')) > 0)
  t.equal(await waitsUntil(server), until)
})

// Who tries for as long as a wait lasts, tries once more: a slow machine may make a few more than are free.

t.test('threat 11: one address makes thirty tries, whoever it says it is', async (t) => {
  let made = 0
  for (let count = 0; count < 60; count++) if ((await tryAs(`user-${count}`, '192.0.2.1')) === 0) made++
  t.ok(made >= 30 && made <= 36, `${made} were made`)
  t.equal(await tryAs('somebody', '192.0.2.2'), 0, 'another address is another matter')
})

t.test('threat 11: an account has a hundred tries from everywhere together', async (t) => {
  let made = 0
  for (let address = 0; address < 40; address++) {
    for (let count = 0; count < 5; count++) if ((await tryAs('ada', `198.51.100.${address}`)) === 0) made++
  }
  t.ok(made >= 100 && made <= 106, `${made} were made`)
  t.equal(await tryAs('grace', '203.0.113.1'), 0, 'another account is another matter')
})

t.test('threat 12: one address counts ten times against an account, and no more', async (t) => {
  for (let address = 1; address <= 9; address++) {
    for (let count = 0; count < 25; count++) {
      await tryAs('ada', `198.51.100.${address}`)
      await waitsAreOver(server)
    }
  }
  for (let count = 0; count < 5; count++) {
    t.equal(await tryAs('ada', `203.0.113.${count}`), 0, 'the account is not slowed down for others')
  }
  t.equal(await waitsUntil(server), 0)
})

t.test('threat 12: a known address is not slowed down by what others try', async (t) => {
  const owner = { account: 'ada', address: '203.0.113.1' }
  await takeTry(core, owner)
  await forgetTries(core, owner)
  for (let address = 0; address < 30; address++) {
    for (let count = 0; count < 4; count++) await tryAs('ada', `198.51.100.${address}`)
  }
  t.ok((await waitsUntil(server)) > 0, 'the account has to wait')
  for (let count = 0; count < 5; count++) t.equal(await tryAs('ada', '203.0.113.1'), 0)
})

t.test("after a sign-in the owner's own mistakes are forgotten", async (t) => {
  const owner = { account: 'ada', address: '203.0.113.1' }
  for (let round = 0; round < 4; round++) {
    for (let count = 0; count < 5; count++) t.equal(await tryAs(owner.account, owner.address), 0)
    t.ok((await waitsUntil(server)) > 0)
    await forgetTries(core, owner)
    t.equal(await waitsUntil(server), 0)
  }
})

t.test('threat 12: sign-ins with the right password never use up an address that many share', async (t) => {
  for (let count = 0; count < 100; count++) {
    const attempt = { account: `colleague-${count}`, address: '203.0.113.1' }
    t.equal(await tryAs(attempt.account, attempt.address), 0)
    await forgetTries(core, attempt)
  }
  let made = 0
  for (let count = 0; count < 60; count++) if ((await tryAs(`user-${count}`, '203.0.113.1')) === 0) made++
  t.ok(made >= 30 && made <= 36, `${made} guesses were made there`)
})

t.test('threat 11: signing in to an account of their own gives no guesser more tries', async (t) => {
  let made = 0
  for (let count = 0; count < 60; count++) {
    if ((await tryAs(`victim-${count}`, '192.0.2.1')) === 0) made++
    const own = { account: 'attacker', address: '192.0.2.1' }
    if ((await tryAs(own.account, own.address)) === 0) await forgetTries(core, own)
  }
  t.ok(made > 20 && made <= 36, `${made} were made`)
})

t.test('a try that nobody looked at is given back', async (t) => {
  const attempt = { account: 'ada', address: '203.0.113.1' }
  for (let count = 0; count < 50; count++) {
    t.equal(await tryAs(attempt.account, attempt.address), 0)
    await giveBackTry(core, attempt)
  }
  t.equal(await waitsUntil(server), 0)
})

t.test('threat 11: an address that has counted often enough waits with the account, too', async (t) => {
  for (let count = 0; count < 12; count++) {
    await tryAs('ada', '192.0.2.1')
    await waitsAreOver(server)
  }
  t.equal(await tryAs('ada', '192.0.2.1'), 0, 'nobody waits for the account')
  await waitsAreOver(server)
  // From many other addresses until the account waits for minutes.
  for (let address = 0; address < 30; address++) {
    for (let count = 0; count < 4; count++) await tryAs('ada', `198.51.100.${address}`)
    await waitsAreOver(server)
  }
  await tryAs('ada', '203.0.113.99')
  t.ok((await waitsUntil(server)) > (await redisTime(server)) + 60_000, 'the account waits')
  t.ok((await tryAs('ada', '192.0.2.1')) > 60, 'and so does this address')
})

t.test('every counter ends by itself, and Redis shows nothing of what was typed', async (t) => {
  const typed = 'a password in the wrong field'
  for (let count = 0; count < 8; count++) await tryAs(typed, '203.0.113.77')
  await forgetTries(core, { account: typed, address: '203.0.113.77' })
  await tryAs(typed, '203.0.113.77')
  const names = [
    ...(await tryCounters(server)),
    ...((await server.command('KEYS', 'lk:known:*')) as string[]),
  ]
  t.ok(names.length >= 5)
  for (const name of names) {
    const left = Number(await server.command('PTTL', name))
    t.ok(left > 0 && left <= 30 * 86_400_000, `${name} ${left}`)
  }
  const everything = await everythingIn(server)
  t.match(everything, /lk:tries:/)
  t.notMatch(everything, typed)
  t.notMatch(everything, '203.0.113.77')
})
