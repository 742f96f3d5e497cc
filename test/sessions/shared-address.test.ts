import t from 'tap'
import { signInAs, testPassword } from '../support/sign-in.ts'
import { startSite } from '../support/site.ts'

t.test('many people sign in from one address without slowing each other down', async (t) => {
  const site = await startSite(t)
  const people = Array.from({ length: 4 }, (_, index) => `person${index}@example.org`)
  for (const person of people) await signInAs(site, person)
  for (let round = 0; round < 10; round++) {
    for (const user of people) {
      const payload = { user, password: testPassword }
      const answer = await site.app.inject({ method: 'POST', url: '/v1/session', payload })
      t.equal(answer.statusCode, 201, `${user}, round ${round}`)
    }
  }
})
