import t, { type Test } from 'tap'
import { changes, readsByPost, type Scene, setScene } from '../support/changes.ts'
import { changedNames, readDatabase } from '../support/database.ts'
import { operationsOf } from '../support/operations.ts'
import { startSite } from '../support/site.ts'
import { useKey } from '../support/site-over.ts'
import { until } from '../support/until.ts'

type RedisCommand = readonly [name: string, ...args: string[]]

/** Redis answers, and refuses writes. */
const states: Readonly<
  Record<'READONLY' | 'NOREPLICAS' | 'OOM', { readonly enter: RedisCommand; readonly leave: RedisCommand }>
> = {
  READONLY: { enter: ['REPLICAOF', '127.0.0.1', '1'], leave: ['REPLICAOF', 'NO', 'ONE'] },
  NOREPLICAS: {
    enter: ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
    leave: ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
  },
  OOM: { enter: ['CONFIG', 'SET', 'maxmemory', '1'], leave: ['CONFIG', 'SET', 'maxmemory', '0'] },
}

t.test('threat 33: the table of changes has every route that changes something', async (t) => {
  const site = await startSite(t)
  const changing = operationsOf(site.app).filter(
    ({ id, method }) => method !== 'GET' && !readsByPost.includes(id),
  )
  const listed = new Set(changes.map(({ operation }) => operation))
  t.strictSame([...listed].toSorted(), changing.map(({ id }) => id).toSorted())
})

for (const name of ['READONLY', 'NOREPLICAS'] as const) {
  t.test(
    `threat 33: ${name}: verification goes on, and every change is refused and leaves nothing`,
    async (t) => {
      const scene = await setScene(await startSite(t))
      const { site, keys, sessions } = scene
      const before = await readDatabase(site.server.command)
      await site.server.command(...states[name].enter)
      for (const each of changes) {
        const answer = await site.app.inject(each.request(scene))
        t.equal(`${answer.statusCode} ${answer.json().code}`, '503 redis_refused', each.operation)
        t.equal(answer.headers['retry-after'], '1')
      }
      t.match(await verify(scene), { active: true, id: keys.kept.id })
      for (const key of Object.values(keys)) t.equal(await useKey(site, key), '200', 'nothing was revoked')
      for (const session of Object.values(sessions)) t.equal(await useKey(site, session), '200', 'nor ended')
      await site.server.command(...states[name].leave)
      t.same(changedNames(before, await readDatabase(site.server.command)), [])

      for (const each of changes) {
        const answer = await site.app.inject(each.request(scene))
        t.ok(answer.statusCode < 300, `${each.operation} works once the writes do: ${answer.body}`)
      }
      await everythingHasEnded(t, scene)
    },
  )
}

t.test(
  'threat 33: OOM: a full Redis makes nothing new, and still ends whatever is to be ended',
  async (t) => {
    const scene = await setScene(await startSite(t))
    const { site, keys, sessions } = scene
    const other = await site.another()
    await site.server.command(...states.OOM.enter)
    for (const each of changes) {
      const answer = await site.app.inject(each.request(scene))
      if (each.whenFull === 'works') {
        t.ok(answer.statusCode < 300, `${each.operation} works: ${answer.statusCode} ${answer.body}`)
      } else {
        t.equal(`${answer.statusCode} ${answer.json().code}`, '503 redis_refused', each.operation)
        t.equal(answer.headers['retry-after'], '1')
        t.equal(await useKey(other, keys.kept), '200', 'verification works')
        t.equal(await useKey(other, sessions.working), '200', 'and so do sessions')
      }
    }
    await everythingHasEnded(t, { ...scene, site: { ...site, app: other.app } })
    const services = await site.app.inject({ url: '/v1/admin/services', headers: site.first })
    t.same(
      services.json().items.map(({ name }: { name: string }) => name),
      ['first'],
    )
    await site.server.command(...states.OOM.leave)
    await everythingHasEnded(t, { ...scene, site: { ...site, app: other.app } })
  },
)

t.test(
  'threat 33: OOM: the clean-up after a revocation works on a full Redis, which needs it most',
  async (t) => {
    const site = await startSite(t)
    const keys = [await site.mint('ada'), await site.mint('ada'), await site.mint('bob')]
    await site.server.command(...states.OOM.enter)
    const revoke = async (payload: object) => {
      const url = '/v1/admin/api-keys/revoke'
      const answer = await site.app.inject({ method: 'POST', url, headers: site.first, payload })
      t.equal(answer.statusCode, 200)
      return answer.json()
    }
    t.same(await revoke({ user: 'ada' }), { revoked: 2 })
    const { job } = await revoke({ all: true, site: 'Latchkey' })
    const readJob = async () =>
      (await site.app.inject({ url: `/v1/admin/jobs/${job.id}`, headers: site.first })).json()
    await until('the clean-up has ended', async () => (await readJob()).status === 'ended')
    t.match(await readJob(), { status: 'ended' })
    const left = [...(await readDatabase(site.server.command)).keys()].filter((name) => /:k:|keys/.test(name))
    t.same(left, [])
    for (const key of keys) t.equal(await useKey(site, key), '401 credential_invalid')
  },
)

/** All keys, and the sessions that one of the changes ends. */
async function everythingHasEnded(t: Test, { site, keys, sessions }: Scene): Promise<void> {
  const { root: _root, boss: _boss, working: _working, ...ended } = sessions
  for (const [how, key] of Object.entries(keys)) {
    const code = how === 'disabled' ? /^401 (user_disabled|credential_invalid)$/ : /^401 credential_invalid$/
    t.match(await useKey(site, key), code, `the key of ${how} has ended`)
  }
  for (const [how, session] of Object.entries(ended)) {
    t.match(await useKey(site, session), /^401 credential_invalid$/, `the session of ${how} has ended`)
  }
}

async function verify({ site, keys }: Scene): Promise<unknown> {
  const payload = { credential: keys.kept.secret }
  return (await site.app.inject({ method: 'POST', url: '/v1/verify', headers: site.first, payload })).json()
}
