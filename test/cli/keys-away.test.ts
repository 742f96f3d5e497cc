// Commands that wait for a job while the server goes away: until the time is up, or until it comes back.

import t from 'tap'
import { type Instance, type MintedForTest, startSite } from '../support/site.ts'
import { until } from '../support/until.ts'
import { commandsFor } from './command.ts'
import { startFront } from './front.ts'

const site = await startSite(t)
const portOf = (url: string): number => Number(new URL(url).port)
const port = portOf(await site.listen())
const revokeAll = ['keys', 'revoke', '--all', '--site', 'Latchkey', '--yes'] as const

const statusOf = async ({ app }: Instance, { headers }: MintedForTest): Promise<number> =>
  (await app.inject({ url: '/v1/me', headers })).statusCode

t.test('when the time is up with the server away: exit code 3, and the job goes on by itself', async (t) => {
  const front = await startFront(t, port)
  const { runWith } = await commandsFor(t, site, front.url)
  const key = await site.mint()
  front.onAnswered = (sent) => {
    if (sent.includes('/v1/admin/api-keys/revoke')) front.goAway()
  }
  const ended = await runWith([...revokeAll, '--timeout', '1'])
  t.match(ended, { code: 3, stdout: '', stderr: /does not answer .*Job \w{8} goes on by itself\.$/m })
  t.equal(await statusOf(site, key), 401)
})

t.test('a restart of the server in the middle: the command waits and sees the end', async (t) => {
  const front = await startFront(t, port)
  const { runWith } = await commandsFor(t, site, front.url)
  const key = await site.mint()
  front.onAnswered = (sent) => {
    if (!sent.includes('/v1/admin/api-keys/revoke')) return
    front.goAway()
    void site.close()
  }
  const revoking = runWith(revokeAll)
  await until('the command came back twice in vain', () => front.cut >= 2)
  const again = await site.another()
  front.port = portOf(await again.listen())
  const ended = await revoking
  t.equal(ended.code, 0, ended.stderr)
  t.match(JSON.parse(ended.stdout), { revoked: Number, job: { status: 'ended' } })
  t.equal(await statusOf(again, key), 401)
})
