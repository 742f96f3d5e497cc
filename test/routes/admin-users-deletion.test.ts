import t from 'tap'
import { runJob, runOpenJobs } from '../../domain/jobs.ts'
import { newJob } from '../../domain/new-job.ts'
import { findUser } from '../../domain/users.ts'
import type { Origin } from '../../store/audit.ts'
import { names } from '../../store/names.ts'
import { type Instance, type MintedForTest, startSite } from '../support/site.ts'
import { assertProblem, auditEvents, send, stateOf, until } from './evidence.ts'

const origin: Origin = { actor: { kind: 'service', name: 'first', id: 'first' }, address: '127.0.0.1' }

// One site for all; each test has users of its own.
const site = await startSite(t)
const other = await site.another()

const userIdOf = ({ id }: { readonly id: string }): string => id.slice(0, 8)

async function deleteUser(name: string, instance: Pick<Instance, 'app'> = site) {
  return await send(instance, `DELETE /v1/admin/users/${name}`, site.first)
}

async function statusOf(instance: Pick<Instance, 'app'>, key: MintedForTest): Promise<number> {
  return (await send(instance, 'GET /v1/me', key.headers)).statusCode
}

async function deletionsOf(name: string) {
  return (await auditEvents(site.server, 'user.deleted')).filter(({ subject }) => subject === name)
}

/** Names in Redis that are about a user, besides the audit log and the jobs. */
async function leftOf(userId: string): Promise<readonly string[]> {
  return Object.keys(await stateOf(site.server)).filter((name) => name.includes(userId))
}

async function fileJob(user: string): Promise<string> {
  const { nowMs } = await site.core.stores.site.read()
  const job = newJob({ kind: 'remove-dead', user, total: 1, origin }, nowMs)
  await site.core.stores.jobs.file(job, null)
  return job.id
}

/** Steps 1 and 2 of a deletion, as if the instance had died after them: the name still leads to the id. */
async function deleteHalfway(name: string): Promise<void> {
  const before = await findUser(site.core, name)
  await fileJob(before.record.id)
  await site.core.stores.users.delete(before, name, { ...origin, action: 'user.deleted', subject: name })
}

t.test(
  "a deleted user's keys are refused at once on every instance, and nothing of them is left",
  async (t) => {
    const keys = [await site.mint('Ada'), await site.mint('Ada'), await site.mint('Ada')]
    const kept = await site.mint('bob')
    for (const { headers } of keys) await send(site, 'GET /v1/me', headers)
    await site.lastUsed.flush()
    const { id } = (await findUser(site.core, 'ada')).record
    const uses = async () => String(await site.server.command('ZRANGE', names.lastUsed(id.charAt(0)), 0, -1))
    t.match(await uses(), id, 'the keys were used')

    // What signing in leaves, written by hand as the store writes it.
    await site.server.command('HSET', names.signIn(id), 'password', 'digest')
    await site.server.command('HSET', names.session(id, 'Se551oN1'), 'session', '{}')
    await site.server.command('ZADD', names.sessionsOfUser(id), '+inf', 'Se551oN1')

    const answer = await deleteUser('aDA')
    t.equal(answer.statusCode, 204)
    t.equal(answer.body, '')
    for (const instance of [other, site]) {
      for (const key of keys) {
        assertProblem(t, await send(instance, 'GET /v1/me', key.headers), 'credential_invalid')
      }
      assertProblem(t, await send(instance, 'GET /v1/admin/users/ada', site.first), 'user_not_found')
      t.equal(await statusOf(instance, kept), 200, "another user's key is not touched")
    }
    const listed = await send(site, 'GET /v1/admin/users?beginning=ada', site.first)
    t.same(listed.json(), { items: [], nextCursor: null })
    t.same(await leftOf(id), [names.deletedUser(id)], 'only the mark that the id is not used again')
    t.ok(Number(await site.server.command('PTTL', names.deletedUser(id))) > 0, 'the mark goes by itself')
    t.notMatch(await uses(), id)
    t.equal(await site.server.command('GET', names.userId('ada')), null, 'the name is free')
    t.match(await deletionsOf('Ada'), [
      { actor: { kind: 'service', name: 'first' }, subject: 'Ada', details: { id, listed: 3 } },
    ])
  },
)

t.test('a later user of the same name is a new user, and the old keys stay refused', async (t) => {
  const old = await site.mint('carl')
  await send(site, 'PATCH /v1/admin/users/carl', site.first, { groups: ['g'], roles: ['user', 'admin'] })
  t.equal((await deleteUser('carl')).statusCode, 204)
  const fresh = await site.mint('CARL')
  t.not(userIdOf(fresh), userIdOf(old))
  t.equal(await statusOf(site, fresh), 200)
  assertProblem(t, await send(site, 'GET /v1/me', old.headers), 'credential_invalid')
  const { createdAt: _, ...user } = (await send(site, 'GET /v1/admin/users/carl', site.first)).json()
  const nothingInherited = { roles: ['user'], groups: [], disabled: false }
  t.same(user, { id: userIdOf(fresh), name: 'CARL', ...nothingInherited })
})

t.test(
  'an instance that dies after filing the job has deleted nothing, and the job harms nobody',
  async (t) => {
    const key = await site.mint('dora')
    const job = await fileJob(userIdOf(key))
    await runJob(site.core, job)
    t.type((await site.core.stores.jobs.read(job))?.endedMs, 'number', 'the job has ended')
    t.equal(await statusOf(site, key), 200)
  },
)

t.test(
  'an instance that dies before unbinding the name leaves dead keys and a name for a new user',
  async (t) => {
    const old = await site.mint('erik')
    await deleteHalfway('erik')
    t.equal(await site.server.command('GET', names.userId('erik')), userIdOf(old), 'the name is bound still')
    for (const instance of [site, other]) {
      assertProblem(t, await send(instance, 'GET /v1/me', old.headers), 'credential_invalid')
      assertProblem(t, await send(instance, 'GET /v1/admin/users/erik', site.first), 'user_not_found')
    }
    const fresh = await site.mint('erik')
    t.not(userIdOf(fresh), userIdOf(old))
    await site.core.stores.users.releaseName('erik', userIdOf(old))
    t.equal(await statusOf(other, fresh), 200)
    const read = await send(other, 'GET /v1/admin/users/erik', site.first)
    t.equal(read.json().id, userIdOf(fresh), 'unbinding late does not take the name from the new user')
    assertProblem(t, await send(site, 'GET /v1/me', old.headers), 'credential_invalid')

    const left = await until('another instance cleans up', async () => {
      await runOpenJobs(other.core, () => false)
      const left = await leftOf(userIdOf(old))
      return left.length === 1 ? left : null
    })
    t.same(left, [names.deletedUser(userIdOf(old))])
  },
)

t.test(
  'a name that leads to a long deleted id is taken up with a fresh generation: old keys stay dead',
  async (t) => {
    const old = await site.mint('finn')
    const [user, key] = [userIdOf(old), old.id.slice(8)]
    const record = String(await site.server.command('GET', names.apiKey(user, key)))
    await deleteHalfway('finn')
    // As long after the deletion, when even the mark is gone; and as if the clean-up had never run.
    await site.server.command('DEL', names.deletedUser(user))
    await site.server.command('SET', names.apiKey(user, key), record)
    const fresh = await site.mint('finn')
    t.equal(userIdOf(fresh), user)
    t.equal(await statusOf(site, fresh), 200)
    assertProblem(t, await send(site, 'GET /v1/me', old.headers), 'credential_invalid')
  },
)

t.test('of ten deletions at once one is done and audited, and the others find nobody', async (t) => {
  await site.mint('gwen')
  const deletions = Array.from({ length: 10 }, (_, index) => deleteUser('gwen', index % 2 ? site : other))
  const statuses = (await Promise.all(deletions)).map(({ statusCode }) => statusCode)
  t.same(statuses.toSorted(), [204, ...Array(9).fill(404)])
  t.equal((await deletionsOf('gwen')).length, 1)
})

t.test(
  'a deletion racing 50 mints leaves no key of the deleted user, and no user without a name',
  async (t) => {
    for (const name of ['hal0', 'hal1', 'hal2']) {
      const old = await site.mint(name)
      const mints = Array.from({ length: 50 }, (_, index) =>
        send(index % 2 ? site : other, `POST /v1/users/${name}/api-keys`, site.first, {}),
      )
      const [deleted, ...minted] = await Promise.all([deleteUser(name), ...mints])
      t.equal(deleted?.statusCode, 204)
      t.equal((await deletionsOf(name)).length, 1)

      assertProblem(t, await send(other, 'GET /v1/me', old.headers), 'credential_invalid')
      t.equal(await site.core.stores.users.read(userIdOf(old)), null, 'the old id is not created again')
      const named = await send(site, `GET /v1/admin/users/${name}`, site.first)
      const present: string | null = named.statusCode === 200 ? named.json().id : null
      for (const answer of minted) {
        t.equal(answer.statusCode, 201)
        const { id, secret } = answer.json()
        const verdict = await send(other, 'POST /v1/verify', site.first, { credential: secret })
        t.equal(verdict.json().active, userIdOf({ id }) === present, 'only keys of the named user verify')
      }
    }
  },
)

t.test('deleting a user who is not there is 404 and changes nothing', async (t) => {
  const site = await startSite(t)
  await site.mint('ada')
  await site.mint('bob')
  const remove = async (name: string) => await send(site, `DELETE /v1/admin/users/${name}`, site.first)
  t.equal((await remove('bob')).statusCode, 204)
  const before = await stateOf(site.server)
  assertProblem(t, await remove('bob'), 'user_not_found', 'deleted already')
  assertProblem(t, await remove('eve'), 'user_not_found', 'never there')
  assertProblem(t, await remove('ada%20'), 'user_name_invalid')
  assertProblem(t, await remove('a'.repeat(129)), 'request_invalid')
  t.same(await stateOf(site.server), before)
})
