import t from 'tap'
import { digestPassword, passwordMatches } from '../../domain/passwords.ts'

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43}$/

t.test('a digest is Argon2id with at least 19 MiB and two passes, and another every time', async (t) => {
  const password = 'correct horse battery staple'
  const [digest, again] = await Promise.all([digestPassword(password), digestPassword(password)])
  const [, memory, passes] = phc.exec(digest) ?? []
  t.ok(Number(memory) >= 19_456, `${memory} KiB`)
  t.ok(Number(passes) >= 2, `${passes} passes`)
  t.not(digest, again)
  t.notOk(digest.includes(password))
  t.equal(await passwordMatches(password, digest), true)
  t.equal(await passwordMatches(password, again), true)
  for (const wrong of [`${password} `, password.toUpperCase(), password.slice(1), '', digest])
    t.equal(await passwordMatches(wrong, digest), false, JSON.stringify(wrong))
})

t.test('however a keyboard composes its characters, a password is the same', async (t) => {
  // Composed and decomposed, full width, ligature (Unicode Standard Annex #15, NFKC).
  const same = [
    ['Ångström über café', 'A\u030angstro\u0308m u\u0308ber cafe\u0301'],
    ['password in full', '\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44 in full'],
    ['a fine ligature', 'a \ufb01ne ligature'],
  ] as const
  for (const [one, another] of same) {
    t.not(one, another)
    t.equal(await passwordMatches(another, await digestPassword(one)), true, one)
    t.equal(await passwordMatches(one, await digestPassword(another)), true, another)
  }
})

t.test('all of a long password counts', async (t) => {
  const long = '\u{1f511}'.repeat(255)
  const digest = await digestPassword(`${long}a`)
  t.equal(await passwordMatches(`${long}a`, digest), true)
  t.equal(await passwordMatches(`${long}b`, digest), false)
})

t.test('threat 10: where there is no digest the answer is no, whatever the password', async (t) => {
  for (const password of ['', 'correct horse battery staple', 'null']) {
    t.equal(await passwordMatches(password, null), false)
  }
})

t.test(
  'threat 13: as many wait as is bearable, the others are told at once; the same without a digest',
  async (t) => {
    const digest = await digestPassword('correct horse battery staple')
    const crowd = 100
    const outcomes = new Map<string, number>()
    for (const [name, presented] of Object.entries({ 'with a digest': digest, 'without one': null })) {
      const settled = await Promise.allSettled(
        Array.from({ length: crowd }, async () => await passwordMatches('wrong', presented)),
      )
      const busy = settled.filter(({ status }) => status === 'rejected')
      const done = settled.filter(({ status }) => status === 'fulfilled')
      t.equal(busy.length + done.length, crowd)
      t.ok(done.length >= 32 && done.length <= 34, `${done.length} were done`)
      for (const each of busy) t.match(each, { reason: { code: 'sign_in_busy', retryAfterSeconds: 1 } })
      for (const each of done) t.match(each, { value: false })
      outcomes.set(name, done.length)
    }
    t.equal(outcomes.get('with a digest'), outcomes.get('without one'), 'the same work is waited for')
    t.equal(
      await passwordMatches('correct horse battery staple', digest),
      true,
      'and it is over when it is over',
    )
  },
)
