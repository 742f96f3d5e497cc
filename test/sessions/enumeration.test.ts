// Who exists, who is disabled and who has a password is not to be learned by signing in.

import t from 'tap'
import { auditEvents, everythingIn, send } from '../routes/evidence.ts'
import { from, startSessionSite, testProxies } from '../support/session-site.ts'
import { signInAs, testPassword } from '../support/sign-in.ts'
import { triesAreForgotten } from '../support/tries.ts'

const site = await startSessionSite(t, { trustedProxies: testProxies })
const { server } = site
await signInAs(site, 'ada')
await signInAs(site, 'disabled')
await site.mint('no password')
await send(site, 'PATCH /v1/admin/users/disabled', site.first, { disabled: true })

const wrong = 'correct horse battery stapler'
const refused = {
  'a wrong password': { user: 'ada', password: wrong },
  'an unknown user': { user: 'nobody', password: wrong },
  'a disabled user with the right password': { user: 'disabled', password: testPassword },
  'a disabled user with a wrong one': { user: 'disabled', password: wrong },
  'a user without a password': { user: 'no password', password: wrong },
} as const

let addresses = 0
/** Every time from another address, so that nobody has to wait. */
async function signIn(credentials: { readonly user: string; readonly password: string }) {
  const address = `2001:db8::${(++addresses).toString(16)}`
  return await send(site, 'POST /v1/session', from(address), credentials)
}

/** All that the client sees, but for the time of day. */
function seen({ statusCode, headers, body }: Awaited<ReturnType<typeof send>>): string {
  return JSON.stringify([statusCode, { ...headers, date: '' }, body])
}

site.test('threat 10: whoever is refused is answered the same, to the byte', async (t) => {
  const answers = []
  for (const credentials of Object.values(refused)) answers.push(await signIn(credentials))
  for (const answer of answers) {
    t.equal(answer.statusCode, 401)
    t.equal(answer.json().code, 'sign_in_refused')
    t.equal(answer.headers['set-cookie'], undefined)
  }
  t.equal(new Set(answers.map(seen)).size, 1)
  const subjects = (await auditEvents(server, 'sign-in.refused')).map(({ subject }) => subject)
  t.strictSame(subjects.toSorted(), ['', 'ada', 'disabled', 'disabled', 'no password'], 'each is recorded')
  t.equal((await signIn({ user: 'ada', password: testPassword })).statusCode, 201, 'the right one signs in')
})

site.test(
  'threat 10: the password of each is worked on: as many can be at once, and take as long',
  async (t) => {
    const crowd = 60
    const expected = new Set(['sign_in_refused', 'sign_in_busy'])
    const worked: Record<string, number> = {}
    for (const [who, credentials] of Object.entries(refused)) {
      const answers = await Promise.all(Array.from({ length: crowd }, async () => await signIn(credentials)))
      const codes = answers.map((answer) => answer.json().code)
      await triesAreForgotten(server)
      t.ok(
        codes.every((code) => expected.has(code)),
        `${who}: ${[...new Set(codes)].join()}`,
      )
      worked[who] = codes.filter((code) => code === 'sign_in_refused').length
    }
    // Two are worked on and 32 wait. While the first of a crowd arrive, a few are done already.
    for (const [who, count] of Object.entries(worked)) {
      t.ok(count >= 32 && count < crowd, `${who}: ${count} of ${crowd} were worked on`)
    }

    const medians: string[] = []
    for (const [who, credentials] of Object.entries(refused)) {
      const times: number[] = []
      for (let count = 0; count < 7; count++) {
        const begunMs = performance.now()
        await signIn(credentials)
        times.push(performance.now() - begunMs)
      }
      await triesAreForgotten(server)
      medians.push(`${who} ${times.toSorted((left, right) => left - right)[3]?.toFixed(1)} ms`)
    }
    t.comment(`medians: ${medians.join(', ')}`)
  },
)

site.test('what was typed as the name of an unknown user is kept nowhere', async (t) => {
  const typed = 'MyPassword-in-the-wrong-field'
  const answer = await signIn({ user: typed, password: 'another-secret-that-was-typed' })
  t.equal(answer.statusCode, 401)
  const event = (await auditEvents(server, 'sign-in.refused')).filter(({ subject }) => subject === '').at(-1)
  t.match(event, {
    actor: { kind: 'user', name: '', id: '' },
    address: `2001:db8::${addresses.toString(16)}`,
  })
  t.notOk(event && 'details' in event)
  const known = (await auditEvents(server, 'sign-in.refused')).filter(({ subject }) => subject === 'ada')
  t.ok(known.length > 0, 'a known user is named')
  const places = { Redis: await everythingIn(server), 'the log': site.logged.join('') }
  for (const [place, text] of Object.entries(places)) {
    t.ok(text.includes('sign-in.refused') || text.includes('sign_in_refused'), `${place} was read`)
    for (const secret of [typed, typed.toLowerCase(), 'another-secret-that-was-typed', wrong, testPassword])
      t.notOk(text.includes(secret), `nothing of it is in ${place}`)
  }
})
