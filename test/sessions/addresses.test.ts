// From which address somebody signs in: what the proxies say that are trusted, and nobody else.

import t from 'tap'
import { assertProblem, auditEvents, send } from '../routes/evidence.ts'
import { startAppOver } from '../support/app-over.ts'
import { from, startSessionSite, testProxies } from '../support/session-site.ts'
import { signInAs, testPassword } from '../support/sign-in.ts'
import { triesAreForgotten } from '../support/tries.ts'

const site = await startSessionSite(t, { trustedProxies: testProxies })
const { server } = site
await signInAs(site, 'ada')
const right = { user: 'ada', password: testPassword }
const wrong = { user: 'ada', password: 'a wrong password' }

site.test(
  'the address behind a trusted proxy is in the session, in its list and in the audit log',
  async (t) => {
    const answer = await send(site, 'POST /v1/session', from('203.0.113.7'), right)
    t.equal(answer.json().address, '203.0.113.7')
    await send(site, 'POST /v1/session', from('2001:db8::7'), wrong)
    const { items } = (await send(site, 'GET /v1/admin/sessions?user=ada', site.first)).json()
    t.ok(items.some(({ address }: { address: string }) => address === '203.0.113.7'))
    const opened = (await auditEvents(server, 'session.opened')).at(-1)
    t.match(opened, { address: '203.0.113.7', details: { id: answer.json().id } })
    t.match((await auditEvents(server, 'sign-in.refused')).at(-1), { address: '2001:db8::7' })
  },
)

site.test('threat 30: an address that the client makes up helps nobody to more tries', async (t) => {
  await triesAreForgotten(server)
  const direct = await startAppOver(t, site, { trustedProxies: [] })
  let made = 0
  for (let index = 0; index < 14; index++) {
    const answer = await send(direct, 'POST /v1/session', from(`198.51.100.${index}`), wrong)
    if (answer.statusCode === 401) made++
    else assertProblem(t, answer, 'too_many_tries')
  }
  t.ok(made >= 5 && made <= 10, `${made} were made`)
  t.match((await auditEvents(server, 'sign-in.refused')).at(-1), { address: '127.0.0.1' })

  // The proxy appends what it saw: what stands before it is the client's own invention.
  await triesAreForgotten(server)
  made = 0
  for (let index = 0; index < 14; index++) {
    const chain = { 'x-forwarded-for': `198.51.100.${index}, 192.0.2.99` }
    const answer = await send(site, 'POST /v1/session', chain, wrong)
    if (answer.statusCode === 401) made++
    else assertProblem(t, answer, 'too_many_tries')
  }
  t.ok(made >= 5 && made <= 10, `${made} were made`)
  t.match((await auditEvents(server, 'sign-in.refused')).at(-1), { address: '192.0.2.99' })
})
