import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import {
  ask,
  makeWorkplace,
  processesOf,
  readFirst,
  runServer,
  startServer,
  stop,
} from '../support/server-process.ts'

const secretPepper = Buffer.alloc(20, 'S').toString('base64')

/** What the environment says, and what the refusal must name. */
const nonsense: readonly (readonly [environment: Readonly<Record<string, string>>, named: string])[] = [
  [{ PORT: 'abc' }, 'PORT'],
  [{ LATCHKEY_REPLICA: '1' }, 'LATCHKEY_REPLICAS'],
  [{ REDIS_URL: `http://user:${secretPepper}@127.0.0.1` }, 'REDIS_URL'],
  [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'LATCHKEY_PEPPERS'],
  [{ LATCHKEY_PEPPERS: `1:${secretPepper}` }, 'LATCHKEY_PEPPERS'],
]

t.test('nonsense in the environment ends the start with one line that names the variable', async (t) => {
  const { data, environment } = await makeWorkplace(t)
  const ends = await Promise.all(nonsense.map(([wrong]) => runServer(t, { ...environment, ...wrong })))
  for (const [index, ended] of ends.entries()) {
    const [wrong = {}, named = ''] = nonsense[index] ?? []
    const what = JSON.stringify(Object.keys(wrong))
    t.equal(ended.code, 1, what)
    t.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr)
    t.match(ended.stderr, /^Latchkey cannot start\. /)
    t.match(ended.stderr, named)
    t.notMatch(ended.stderr, secretPepper, 'a secret is not repeated')
    t.equal(ended.stdout, '')
    t.equal(existsSync(data), false, 'nothing was begun')
  }
})

t.test('a port that is in use ends the start with one line, and no Redis is left', async (t) => {
  const { data, environment } = await makeWorkplace(t)
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  t.teardown(() => squatter.close())
  const address = squatter.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  const ended = await runServer(t, { ...environment, PORT: String(address.port) })
  t.equal(ended.code, 1)
  t.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr)
  t.match(ended.stderr, /^Latchkey cannot start\. /)
  t.match(ended.stderr, String(address.port))
  t.same(processesOf(data), [])

  const server = await startServer(t, environment)
  const { status } = await ask(server, 'GET', '/v1/me', await readFirst(join(data, 'first-steps')))
  t.equal(status, 200, 'the first secret that it had made is good')
  t.same(await stop(server), { code: 0, signal: null })
})

t.test('a port that is in use ends the start also while Redis is not there yet', async (t) => {
  const { environment } = await makeWorkplace(t)
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  t.teardown(() => squatter.close())
  const address = squatter.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const ended = await runServer(t, {
    ...environment,
    PORT: String(address.port),
    REDIS_URL: 'redis://127.0.0.1:1',
    LATCHKEY_PEPPERS: `1:${Buffer.alloc(32, 1).toString('base64')}`,
  })
  t.equal(ended.code, 1)
  t.match(ended.stderr, /^Latchkey cannot start\. /)
})

t.test('an address that is not ours to listen on ends the start with one line, too', async (t) => {
  const { data, environment } = await makeWorkplace(t)
  const ended = await runServer(t, { ...environment, HOST: '203.0.113.1' })
  t.equal(ended.code, 1)
  t.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr)
  t.match(ended.stderr, /^Latchkey cannot start\. .*203\.0\.113\.1/)
  t.same(processesOf(data), [])
})
