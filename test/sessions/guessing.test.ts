// Guessing passwords: how many guesses are made, from one address and from many, and what the owner notices of it.

import t from 'tap'
import { assertProblem, auditEvents, send } from '../routes/evidence.ts'
import { from, startSessionSite, testProxies } from '../support/session-site.ts'
import { signInAs, testPassword } from '../support/sign-in.ts'
import { triesAreForgotten, waitsAreOver } from '../support/tries.ts'

const site = await startSessionSite(t, { trustedProxies: testProxies })
const { server } = site
await signInAs(site, 'ada')

async function guess(address: string, user = 'ada') {
  return await send(site, 'POST /v1/session', from(address), { user, password: 'a wrong password' })
}

async function signIn(address: string) {
  return await send(site, 'POST /v1/session', from(address), { user: 'ada', password: testPassword })
}

/** How many guesses were made: checked, that is, and refused for being wrong. The others have to wait. */
function madeOf(
  t: Parameters<typeof assertProblem>[0],
  answers: readonly Awaited<ReturnType<typeof guess>>[],
): number {
  const made = answers.filter(({ statusCode }) => statusCode === 401)
  for (const answer of made) assertProblem(t, answer, 'sign_in_refused')
  for (const answer of answers.filter((each) => !made.includes(each))) {
    assertProblem(t, answer, 'too_many_tries')
    const seconds = Number(answer.headers['retry-after'])
    t.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 900, `Retry-After: ${seconds}`)
  }
  return made.length
}

/** Five are free; on a slow machine the first waits end while the others still arrive. */
function assertFew(t: Parameters<typeof assertProblem>[0], made: number): void {
  t.ok(made >= 5 && made <= 8, `${made} were made`)
}

t.afterEach(async () => await triesAreForgotten(server))

site.test(
  'threat 11: of a hundred guesses at once from one address for one account, five are made',
  async (t) => {
    const before = (await auditEvents(server, 'sign-in.refused')).length
    // The name is the same however it is written.
    const names = ['ada', 'Ada', 'ADA', '\uff41da']
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => await guess('192.0.2.1', names[index % names.length])),
    )
    const made = madeOf(t, answers)
    assertFew(t, made)
    t.equal((await auditEvents(server, 'sign-in.refused')).length - before, made, 'only those are recorded')
  },
)

site.test(
  'threat 11: of a hundred guesses one after another, as many are made as waits have ended',
  async (t) => {
    const answers = []
    for (let count = 0; count < 100; count++) answers.push(await guess('192.0.2.1'))
    const made = madeOf(t, answers)
    // One more after 1 s, 3 s, 7 s, 15 s, 31 s.
    t.ok(made >= 5 && made <= 10, `${made} were made`)
    const right = await signIn('192.0.2.1')
    if (right.statusCode !== 429) t.equal(right.statusCode, 201, 'a wait had just ended')
    else assertProblem(t, right, 'too_many_tries', 'the right password waits as well: it is not tried')
  },
)

site.test('threat 11: whoever does not exist is guessed for as often, and no oftener', async (t) => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => guess('192.0.2.1', 'nobody')))
  assertFew(t, madeOf(t, answers))
})

site.test('threat 11: an address that tries many accounts is slowed down as well', async (t) => {
  const answers = []
  for (let index = 0; index < 45; index++) answers.push(await guess('192.0.2.1', `user-${index}`))
  const made = madeOf(t, answers)
  t.ok(made >= 30 && made <= 36, `${made} were made`)
})

site.test('threat 12: while one address guesses, the owner signs in from anywhere else', async (t) => {
  t.equal((await signIn('203.0.113.1')).statusCode, 201, 'from here before')
  const attack = Promise.all(Array.from({ length: 100 }, () => guess('192.0.2.1')))
  t.equal((await signIn('203.0.113.1')).statusCode, 201, 'a known address')
  t.equal((await signIn('203.0.113.2')).statusCode, 201, 'a new address')
  assertFew(t, madeOf(t, await attack))
  for (let round = 0; round < 15; round++) {
    await guess('192.0.2.1')
    await waitsAreOver(server)
  }
  t.equal((await signIn('203.0.113.1')).statusCode, 201, 'a known address')
  t.equal((await signIn('203.0.113.3')).statusCode, 201, 'a new address')
})

site.test('threat 12: while thirty addresses guess, the owner signs in, sooner or later', async (t) => {
  t.equal((await signIn('203.0.113.1')).statusCode, 201, 'from here before')
  const attackers = Array.from({ length: 30 }, (_, index) => `198.51.100.${index + 1}`)
  const attack = async (guesses: number): Promise<void> => {
    await Promise.all(
      attackers.map(async (address) => {
        for (let count = 0; count < guesses; count++) await guess(address)
      }),
    )
  }
  const first = attack(2)
  t.equal((await signIn('203.0.113.1')).statusCode, 201, 'a known address')
  t.equal((await signIn('203.0.113.9')).statusCode, 201, 'a new address')
  await first

  await attack(3)
  for (let round = 0; round < 5; round++) {
    await waitsAreOver(server)
    await attack(1)
  }
  t.equal((await signIn('203.0.113.1')).statusCode, 201, 'a known address does not wait')
  const fresh = await signIn('203.0.113.10')
  assertProblem(t, fresh, 'too_many_tries', 'a new address waits with the others,')
  t.ok(Number(fresh.headers['retry-after']) <= 300, 'five minutes at most')
  await waitsAreOver(server)
  t.equal((await signIn('203.0.113.10')).statusCode, 201, 'then it is its turn')
})
