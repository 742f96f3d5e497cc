import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import {
  type EmbeddedRedis,
  EmbeddedRedisError,
  type EmbeddedRedisOptions,
  findRunningEmbeddedRedis,
  startEmbeddedRedis,
} from '../../store/embedded-redis.ts'
import { isAlive, startRedis } from '../support/redis.ts'

// Sockets of other tests that run at the same time are elsewhere.
process.env.TMPDIR = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
t.teardown(() => rm(tmpdir(), { recursive: true, force: true }))

t.test('it is a real Redis that answers, on a private socket and on no port', async (t) => {
  const redis = await start(t, { folder: await freshFolder(t) })
  const client = connect(t, redis)
  t.equal(await client.set('name', 'value'), 'OK')
  t.equal(await client.get('name'), 'value')
  const info = await client.info('server')
  t.match(info, new RegExp(`process_id:${redis.pid}\r`), 'the pid is that of the server itself')
  t.match(info, /tcp_port:0\r/)
  t.match(info, /config_file:\r/, 'it read no configuration file')
  t.equal(statSync(redis.socketPath).mode & 0o777, 0o700)
  t.equal(statSync(dirname(redis.socketPath)).mode & 0o777, 0o700)
})

t.test('it writes every change to disk, drops nothing to save memory and takes no snapshots', async (t) => {
  const redis = await startRedis(t)
  for (const [name, value] of [
    ['appendonly', 'yes'],
    ['appendfsync', 'always'],
    ['maxmemory-policy', 'noeviction'],
    ['save', ''],
  ] as const) {
    t.same(await redis.command('CONFIG', 'GET', name), [name, value])
  }
})

t.test('it is given none of our environment, which may hold secrets', async (t) => {
  const programs = await freshFolder(t)
  await writeProgram(
    join(programs, 'redis-server'),
    `if [ "$1" = --version ]; then echo "Redis server v=7.0.15"; else echo "PATH='$PATH' PEPPERS='$LATCHKEY_PEPPERS' HOME='$HOME'"; exit 1; fi`,
  )
  process.env.LATCHKEY_PEPPERS = '1:secret'
  t.teardown(() => delete process.env.LATCHKEY_PEPPERS)
  const error = await refused(t, { folder: await freshFolder(t), searchPath: programs })
  t.equal(error.code, 'redis_start_failed')
  // Not all of it: the test runner hands its own variables down to every child.
  t.match(error.message, `PATH='${programs}' PEPPERS='' HOME=''`, 'it tells its environment')
  t.notMatch(error.message, 'secret')
})

t.test('what was acknowledged is there after Redis is killed and started again', async (t) => {
  const redis = await startRedis(t)
  const url = redis.url
  const client = new Redis(redis.socketPath, { retryStrategy: () => null }).on('error', () => {})
  const acknowledged: number[] = []
  const writing = Promise.allSettled(
    Array.from({ length: 8 }, async (_, writer) => {
      for (let number = writer; ; number += 8) {
        await client.set(`key:${number}`, number)
        acknowledged.push(number)
      }
    }),
  )
  await until(() => acknowledged.length >= 200)
  await redis.kill()
  await writing
  await redis.restart()
  t.equal(redis.url, url)
  const found = await Promise.all(acknowledged.map((number) => redis.command('GET', `key:${number}`)))
  t.same(found, acknowledged.map(String))
})

t.test(
  'a second start on the same folder is refused, and the first keeps serving and loses no write',
  async (t) => {
    const folder = await freshFolder(t)
    const first = await start(t, { folder })
    const client = connect(t, first)
    await client.set('before', '1')
    const error = await refused(t, { folder })
    t.equal(error.code, 'data_folder_in_use')
    t.match(error.message, folder)
    t.equal(await findRunningEmbeddedRedis(folder), first.socketPath)
    t.equal(await client.set('after', '2'), 'OK')
    await first.stop()
    const next = connect(t, await start(t, { folder }))
    t.same(await next.mget('before', 'after'), ['1', '2'])
  },
)

t.test('of ten starts at once on one new folder exactly one succeeds', async (t) => {
  const folder = await freshFolder(t)
  const starts = await Promise.allSettled(Array.from({ length: 10 }, () => start(t, { folder })))
  t.equal(starts.filter((outcome) => outcome.status === 'fulfilled').length, 1)
  for (const outcome of starts) {
    if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'data_folder_in_use' })
  }
})

t.test('a socket on which another server listens is never taken from it', async (t) => {
  const redis = await startRedis(t)
  const error = await refused(t, { folder: await freshFolder(t), socketPath: redis.socketPath })
  t.equal(error.code, 'data_folder_in_use')
  t.equal(await redis.command('PING'), 'PONG')
})

t.test('a frozen server still holds its folder and its socket', async (t) => {
  const redis = await startRedis(t)
  await redis.command('SET', 'name', 'value')
  redis.pause()
  t.equal(await findRunningEmbeddedRedis(redis.folder), redis.socketPath)
  t.equal((await refused(t, { folder: redis.folder })).code, 'data_folder_in_use')
  const reply = redis.command('GET', 'name')
  redis.resume()
  t.equal(await reply, 'value')
  await redis.flushAll()
  t.equal(await redis.command('DBSIZE'), 0)
})

t.test('it ends when its parent is killed, and the next start tidies up', { skip: notLinux() }, async (t) => {
  const folder = await freshFolder(t)
  const { parent, redis } = await startParent(t, folder)
  t.equal(isAlive(redis.pid), true)
  t.equal(await findRunningEmbeddedRedis(folder), redis.socketPath)
  parent.kill('SIGKILL')
  await until(() => !isAlive(redis.pid))
  t.equal(isAlive(redis.pid), false)
  t.equal(await findRunningEmbeddedRedis(folder), null)
  await start(t, { folder })
  t.equal(existsSync(dirname(redis.socketPath)), false)
})

t.test(
  "the terminal's Ctrl-C does not reach it: the server ends it when its requests are done",
  async (t) => {
    const folder = await freshFolder(t)
    const { parent, redis, lines } = await startParent(t, folder)
    t.doesNotThrow(() => process.kill(-redis.pid, 0), 'it leads a process group of its own')
    // A terminal sends SIGINT to the whole process group of the server.
    process.kill(-(parent.pid ?? 0), 'SIGINT')
    t.equal((await lines.next()).value, redis.socketPath, 'it still runs while the server drains')
    t.match((await lines.next()).value, /ended with exit status 0/, 'and ends when the server says so')
  },
)

t.test('stop leaves no process, no socket folder and no note, and may be called again', async (t) => {
  const folder = await freshFolder(t)
  const redis = await start(t, { folder })
  const note = join(folder, 'redis.socket')
  t.equal(readFileSync(note, 'utf8').trim(), redis.socketPath)
  t.equal(statSync(note).mode & 0o777, 0o600)
  await Promise.all([redis.stop(), redis.stop()])
  t.match(await redis.exited, /ended with exit status 0/)
  t.equal(isAlive(redis.pid), false)
  t.equal(existsSync(dirname(redis.socketPath)), false)
  t.equal(existsSync(note), false)
  t.equal(await findRunningEmbeddedRedis(folder), null)
  await redis.stop()
})

t.test('an unexpected end is told, with how it ended', async (t) => {
  const redis = await start(t, { folder: await freshFolder(t) })
  process.kill(redis.pid, 'SIGKILL')
  t.match(await redis.exited, /redis-server|valkey-server/)
  t.match(await redis.exited, /was ended by SIGKILL/)
  await redis.stop()
  t.equal(existsSync(dirname(redis.socketPath)), false)
})

t.test('the data folder is private', async (t) => {
  const parent = await freshFolder(t)
  const made = join(parent, 'a', 'b')
  await start(t, { folder: made })
  t.equal(statSync(made).mode & 0o777, 0o700)

  const open = join(parent, 'open')
  await mkdir(open)
  await chmod(open, 0o755)
  await start(t, { folder: open })
  t.equal(statSync(open).mode & 0o777, 0o700, 'an empty folder is tightened')

  const used = join(parent, 'used')
  await mkdir(used)
  writeFileSync(join(used, 'letter.txt'), '')
  await chmod(used, 0o755)
  const error = await refused(t, { folder: used })
  t.equal(error.code, 'redis_start_failed')
  t.match(error.message, /chmod 700/)
  t.equal(statSync(used).mode & 0o777, 0o755, "somebody's folder of other files is left alone")
})

t.test("somebody else's folder is refused", async (t) => {
  // Nobody may give folders away but root, and to root another's folder is as foreign.
  const folder = process.getuid?.() === 0 ? await freshFolder(t) : '/'
  if (process.getuid?.() === 0) execFileSync('chown', ['65534', folder])
  const error = await refused(t, { folder })
  t.equal(error.code, 'redis_start_failed')
  t.match(error.message, /belongs to another user/)
})

t.test('a very long folder path works, and so do spaces, quotes and other alphabets in it', async (t) => {
  const name = `spaces "quotes" 'and' ключи ${'long '.repeat(20)}`.trim()
  const folder = join(await freshFolder(t), name, name)
  const redis = await start(t, { folder })
  t.equal(await connect(t, redis).set('name', 'value'), 'OK')
  t.ok(readdirSync(folder).includes('appendonlydir'))
  await redis.stop()
  t.equal(await connect(t, await start(t, { folder })).get('name'), 'value')
})

t.test('a folder that cannot be made gives a clear error', async (t) => {
  const parent = await freshFolder(t)
  const file = join(parent, 'file')
  writeFileSync(file, '')
  for (const folder of [join(file, 'data'), file]) {
    const error = await refused(t, { folder })
    t.equal(error.code, 'redis_start_failed')
    t.match(error.message, `The data folder ${folder} cannot be made`)
  }
})

t.test('a Redis that does not start gives its own words', async (t) => {
  const error = await refused(t, { folder: await freshFolder(t), extraArguments: ['--no-such-option', '1'] })
  t.equal(error.code, 'redis_start_failed')
  t.match(error.message, /no-such-option/)
})

t.test('a Redis that asks for a password is refused at once', async (t) => {
  const error = await refused(t, {
    folder: await freshFolder(t),
    extraArguments: ['--requirepass', 'secret'],
  })
  t.equal(error.code, 'redis_start_failed')
  t.match(error.message, /NOAUTH/)
})

t.test('it waits for a Redis that is still loading', async (t) => {
  const redis = await startRedis(t, ['--enable-debug-command', 'yes'])
  await redis.command('DEBUG', 'POPULATE', 20_000)
  await redis.command('BGREWRITEAOF')
  await until(async () => {
    const info = String(await redis.command('INFO', 'persistence'))
    return info.includes('aof_rewrites:1\r') && info.includes('aof_rewrite_in_progress:0\r')
  })
  await redis.stop()
  // 50 µs for each of 20,000 keys, and connections are served meanwhile: PING answers LOADING for a second.
  const slow = await start(t, {
    folder: redis.folder,
    extraArguments: ['--key-load-delay', '50', '--loading-process-events-interval-bytes', '1024'],
  })
  t.equal(await connect(t, slow).dbsize(), 20_000)
})

t.test('without redis-server and valkey-server the error says what to install', async (t) => {
  const folder = join(await freshFolder(t), 'data')
  const error = await refused(t, { folder, searchPath: await freshFolder(t) })
  t.equal(error.code, 'redis_server_missing')
  t.match(error.message, /apt install redis-server/)
  t.equal(existsSync(folder), false)
})

t.test('a Redis older than 7.0 is refused, and a newer Valkey beside it is taken', async (t) => {
  const programs = await freshFolder(t)
  await writeProgram(join(programs, 'redis-server'), 'echo "Redis server v=6.0.16 sha=00000000:0 bits=64"')
  const folder = await freshFolder(t)
  const error = await refused(t, { folder, searchPath: programs })
  t.equal(error.code, 'redis_server_too_old')
  t.match(error.message, /redis-server 6\.0\.16/)
  symlinkSync(pathOf('redis-server', 'valkey-server'), join(programs, 'valkey-server'))
  t.equal(await connect(t, await start(t, { folder, searchPath: programs })).ping(), 'PONG')
})

t.test('without setpriv and flock a file keeps the folder for one server', async (t) => {
  const searchPath = await freshFolder(t)
  symlinkSync(pathOf('redis-server', 'valkey-server'), join(searchPath, 'redis-server'))
  const folder = await freshFolder(t)
  const lock = join(folder, 'lock.pid')

  const first = await start(t, { folder, searchPath })
  t.equal(readFileSync(lock, 'utf8'), `${first.pid}\n`)
  t.equal((await refused(t, { folder, searchPath })).code, 'data_folder_in_use')
  t.equal(await connect(t, first).ping(), 'PONG')
  await first.stop()
  t.equal(existsSync(lock), false)

  // Left behind by a process that is gone.
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(gone, 'exit')
  writeFileSync(lock, `${gone.pid}\n`)
  const starts = await Promise.allSettled(Array.from({ length: 10 }, () => start(t, { folder, searchPath })))
  t.equal(starts.filter((outcome) => outcome.status === 'fulfilled').length, 1)
  t.same(
    readdirSync(folder).filter((name) => name.startsWith('lock')),
    ['lock.pid'],
  )
})

async function freshFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

// Teardowns run in the reverse order: Redis stops before its folder goes.
async function start(t: Test, options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const redis = await startEmbeddedRedis(options)
  t.teardown(() => redis.stop())
  return redis
}

async function refused(t: Test, options: EmbeddedRedisOptions): Promise<EmbeddedRedisError> {
  const before = socketFolders()
  try {
    await start(t, options)
  } catch (error) {
    if (!(error instanceof EmbeddedRedisError)) throw error
    t.same(socketFolders(), before, 'a refused start leaves no socket folder')
    return error
  }
  throw new Error('it started')
}

function socketFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => /^latchkey-[A-Za-z0-9]{6}$/.test(name))
}

function connect(t: Test, redis: EmbeddedRedis): Redis {
  const client = new Redis(redis.socketPath).on('error', () => {})
  t.teardown(() => client.disconnect())
  return client
}

async function startParent(t: Test, folder: string) {
  const script = join(import.meta.dirname, '..', 'support', 'redis-parent.ts')
  const parent: ChildProcess = spawn(process.execPath, [script, folder], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(async () => {
    parent.kill('SIGKILL')
    await until(async () => (await findRunningEmbeddedRedis(folder)) === null)
  })
  if (parent.stdout === null) throw new Error('no output')
  const lines = createInterface(parent.stdout)[Symbol.asyncIterator]()
  const redis: { pid: number; socketPath: string } = JSON.parse((await lines.next()).value ?? '')
  return { parent, redis, lines }
}

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 10_000
  while (!(await isDone())) {
    if (Date.now() > deadlineMs) throw new Error('it did not happen within ten seconds')
    await delay(5)
  }
}

async function writeProgram(path: string, script: string): Promise<void> {
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
}

function pathOf(...names: string[]): string {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    for (const name of names) if (existsSync(join(folder, name))) return join(folder, name)
  }
  throw new Error(`no ${names.join(' or ')} on the PATH`)
}

function notLinux(): string | false {
  return process.platform === 'linux' ? false : 'only Linux ends a child with its parent'
}
