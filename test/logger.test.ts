import { spawnSync } from 'node:child_process'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import t from 'tap'
import { makeCredential, makeId } from '../domain/credential.ts'
import { Problem } from '../domain/errors.ts'
import { Secret } from '../domain/secret.ts'
import { plainError } from '../logger.ts'
import { startRedis } from './support/redis.ts'

const credential = makeCredential('api-key', 'S1te', { user: makeId(), key: makeId() }).secret.reveal()
const secretPart = credential.slice(24)

/** One line of a logger that writes errors as ours does. */
function logged(error: unknown): string {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  pino({ base: null, serializers: { err: plainError } }, destination).error({ err: error }, 'failed')
  return lines.join('')
}

t.test('threat 7: an error of Redis is logged without the arguments of its command', async (t) => {
  const redis = await startRedis(t)
  const failed = async (name: string, ...args: string[]): Promise<unknown> =>
    await redis.command(name, ...args).then(
      () => t.fail('the command succeeded'),
      (error: unknown) => error,
    )

  const error = await failed('SET', 'lk:name', credential, 'NONSENSE', 'canary-argument')
  t.match(error, { name: 'ReplyError', command: { args: ['lk:name', credential] } }, 'ioredis attaches them')
  const line = logged(error)
  t.notOk(line.includes('canary-argument'))
  t.notOk(line.includes(secretPart))
  t.notOk(line.includes('command'))
  t.match(JSON.parse(line), { msg: 'failed', err: { name: 'ReplyError', message: 'ERR syntax error' } })

  // Redis repeats the first arguments of a command it does not know.
  const unknown = await failed('NOSUCH', credential)
  t.match(unknown, { message: new RegExp(credential) })
  t.notOk(logged(unknown).includes(secretPart))
  t.match(plainError(unknown), { message: /'\[secret\]'/ })

  const asCause = logged(new Problem('redis_refused', { cause: error }))
  t.match(JSON.parse(asCause), {
    err: { name: 'Problem', cause: { name: 'ReplyError', message: 'ERR syntax error' } },
  })
  t.notOk(asCause.includes('canary-argument') || asCause.includes(secretPart))
})

t.test('of an error only name, message, code, stack and cause are kept', (t) => {
  const error = Object.assign(
    new TypeError('broken', { cause: new Error('below', { cause: 'at the bottom' }) }),
    {
      code: 'ERR_X',
      canary: 'canary',
      toJSON: () => 'canary',
    },
  )
  const plain = plainError(error)
  t.strictSame(Object.keys(plain), ['name', 'message', 'code', 'stack', 'cause'])
  t.match(plain, {
    name: 'TypeError',
    message: 'broken',
    code: 'ERR_X',
    stack: /^TypeError: broken\n {4}at /,
    cause: { name: 'Error', message: 'below', cause: { message: 'at the bottom' } },
  })
  t.notMatch(logged(error), /canary/)
  t.notOk('code' in plainError(Object.assign(new Error('x'), { code: 42 })), 'a code is a word')
  t.notOk('cause' in plainError(new Error('x')))
  t.end()
})

t.test('threat 7: credentials are hidden in messages, stacks and causes at any depth', (t) => {
  const deep = new Error('top', { cause: new Error(`with ${credential}`, { cause: `and ${credential}` }) })
  for (const thrown of [
    new Error(`no ${credential}`),
    deep,
    credential,
    new Secret(credential),
    { credential },
    [credential],
  ]) {
    const line = logged(thrown)
    t.notOk(line.includes(secretPart))
    t.match(JSON.parse(line), { msg: 'failed', err: { message: String } })
  }
  t.match(plainError(`no ${credential}!`), { message: 'no [secret]!' })
  t.match(plainError(deep), { cause: { message: 'with [secret]', cause: { message: 'and [secret]' } } })
  t.end()
})

t.test('whatever was thrown, logging it never throws', (t) => {
  const itsOwnCause = new Error('round and round')
  itsOwnCause.cause = itsOwnCause
  let chain = new Error('innermost')
  for (let depth = 0; depth < 10_000; depth++) chain = new Error('outer', { cause: chain })
  const strange = [
    null,
    0,
    '',
    Symbol('x'),
    10n,
    () => 1,
    {},
    Object.create(null),
    { toString: () => refuseToPrint() },
    { [Symbol.toPrimitive]: () => refuseToPrint() },
    Object.assign(new Error('x'), { message: 5 }),
    Object.assign(new Error('x'), { stack: null }),
    new AggregateError([new Error('a')], 'several'),
    itsOwnCause,
    chain,
  ]
  for (const thrown of strange) {
    const line = logged(thrown)
    t.match(JSON.parse(line), { msg: 'failed', err: { message: String } })
    t.ok(line.length < 20_000, `${line.length} characters`)
  }
  t.strictSame(plainError(undefined), { message: 'undefined' })
  t.end()
})

function refuseToPrint(): never {
  throw new Error('must not be called')
}

/** The lines that a process writes which does this with `log`, the log of the server. */
function linesOfProcess(script: string): string[] {
  const module = JSON.stringify(new URL('../logger.ts', import.meta.url).href)
  const code = `import { createLog } from ${module}; const log = createLog('info'); const { logger } = log; ${script}`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return stdout.split('\n').filter((line) => line !== '')
}

t.test('threat 7: the log hides credentials in every line, whoever wrote it and however', (t) => {
  const text = JSON.stringify(credential)
  const lines = linesOfProcess(`
    logger.info('plain ' + ${text})
    logger.info({ url: '/x?key=' + ${text} }, 'a field')
    logger.error(new Error('bare ' + ${text}))
    logger.error({ err: new Error('without words ' + ${text}) })
    logger.child({ bound: ${text} }).info('of a child')
    logger.info({ [${text}]: 1 }, 'a name')
    logger.info(${text} + ${text})
    logger.warn({ err: Object.assign(new Error(${text}), { command: { args: ['canary'] } }) }, 'properties')
  `)
  t.equal(lines.length, 8)
  for (const line of lines) {
    t.match(line, /\[secret\]/)
    t.notOk(line.includes(secretPart) || line.includes('canary'), line)
    t.match(JSON.parse(line), { level: Number, time: Number })
  }
  t.end()
})

t.test('the log is one line of JSON each, below its level nothing, and nothing is lost at the end', (t) => {
  const many = linesOfProcess(
    "for (let n = 0; n < 5_000; n++) { logger.info({ n }, 'line\\nbreak'); logger.debug('no') }",
  )
  t.strictSame(
    many.map((line) => JSON.parse(line).n),
    Array.from({ length: 5_000 }, (_, n) => n),
  )
  const [first] = many
  t.strictSame(
    Object.keys(JSON.parse(first ?? '')),
    ['level', 'time', 'n', 'msg'],
    'no process id, no host name',
  )
  const flushed = linesOfProcess(
    "logger.info('before'); log.flush(); process.kill(process.pid, 'SIGCONT'); process.exit(0)",
  )
  t.equal(flushed.length, 1)
  const fatal = linesOfProcess("logger.warn('first'); logger.fatal('last'); process.exit(0)")
  t.strictSame(
    fatal.map((line) => JSON.parse(line).msg),
    ['first', 'last'],
  )
  t.end()
})
