// A flood of sign-ins: verification goes on, and whoever is too many is told so.

import t from 'tap'
import { assertProblem, send } from '../routes/evidence.ts'
import { from, startSessionSite, testProxies } from '../support/session-site.ts'
import { signInAs, testPassword } from '../support/sign-in.ts'

const site = await startSessionSite(t, { trustedProxies: testProxies })
await signInAs(site, 'ada')
const apiKey = await site.mint('grace')
const sessionKey = await site.sessionKey(await site.hostSession('grace'))

site.test(
  'threat 13: in a flood of 200 sign-ins keys verify, and the excess is told to come again',
  async (t) => {
    let isOver = false
    const flood = Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const isAda = index % 40 === 0
        const credentials = { user: isAda ? 'ada' : `user-${index}`, password: testPassword }
        return await send(site, 'POST /v1/session', from(`198.51.100.${index}`), credentials)
      }),
    ).finally(() => {
      isOver = true
    })
    const verified: number[] = []
    while (!isOver) {
      const answers = await Promise.all([
        send(site, 'GET /v1/me', apiKey.headers),
        send(site, 'GET /v1/me', sessionKey.headers),
        send(site, 'POST /v1/verify', site.first, { credential: apiKey.secret }),
      ])
      verified.push(...answers.map(({ statusCode }) => statusCode))
    }
    const answers = await flood
    t.comment(`${verified.length} verifications during the flood`)
    t.ok(verified.length >= 30)
    t.strictSame(new Set(verified), new Set([200]))

    const busy = answers.filter(({ statusCode }) => statusCode === 503)
    for (const answer of busy) {
      assertProblem(t, answer, 'sign_in_busy')
      t.equal(answer.headers['retry-after'], '1')
      t.equal(answer.headers['set-cookie'], undefined)
    }
    const done = answers.filter((answer) => !busy.includes(answer))
    // Two at a time and 32 waiting; while they all arrive, some are done already.
    t.ok(
      done.length >= 32 && busy.length >= 50,
      `${done.length} were worked on, ${busy.length} were too many`,
    )
    for (const [index, answer] of answers.entries()) {
      if (busy.includes(answer)) continue
      if (index % 40 === 0) t.equal(answer.statusCode, 201)
      else assertProblem(t, answer, 'sign_in_refused')
    }
  },
)

site.test('threat 13: who was told to come again has not used up a try by it', async (t) => {
  const owner = from('203.0.113.1')
  let busy = 0
  for (let round = 0; round < 8; round++) {
    const flood = Array.from({ length: 60 }, (_, index) =>
      send(site, 'POST /v1/session', from(`2001:db8::${round}:${index}`), {
        user: `u-${index}`,
        password: 'wrong',
      }),
    )
    const credentials = { user: 'ada', password: testPassword }
    const answers = await Promise.all([...flood, send(site, 'POST /v1/session', owner, credentials)])
    const own = answers.at(-1)
    if (own?.statusCode === 503) busy++
    else t.equal(own?.statusCode, 201)
  }
  t.comment(`the owner was told so ${busy} times of 8`)
  const credentials = { user: 'ada', password: testPassword }
  t.equal((await send(site, 'POST /v1/session', owner, credentials)).statusCode, 201)
})

site.test('threat 13: what is too long for a password is refused without any work', async (t) => {
  for (const [password, status] of [
    ['x'.repeat(257), 400],
    ['\u{1f511}'.repeat(257), 400],
    ['x'.repeat(200_000), 413],
    ['', 400],
  ] as const) {
    const answer = await send(site, 'POST /v1/session', {}, { user: 'ada', password })
    assertProblem(t, answer, status === 400 ? 'request_invalid' : 'body_too_large')
    t.notOk(answer.body.includes('xxx'))
  }
})
