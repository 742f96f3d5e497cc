// Help everywhere, with examples; what is not there is wrong usage.

import t from 'tap'
import { makeHome, runCommand } from './command.ts'

const env = { HOME: await makeHome(t) }
const run = async (...args: string[]) => await runCommand(args, { env })

const nouns: Readonly<Record<string, readonly string[]>> = {
  keys: ['list', 'count', 'mint', 'revoke', 'clamp', 'verify'],
  users: ['list', 'show', 'set', 'delete'],
  services: ['list', 'show', 'add', 'rotate', 'remove'],
  settings: ['get', 'set'],
  netrc: ['write', 'check'],
}

t.test('every command has help with examples, and the exit codes are in it', async (t) => {
  const top = await run('--help')
  t.match(top, { code: 0, stderr: '', stdout: /Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 / })
  const commands = [
    ...Object.entries(nouns).flatMap(([noun, verbs]) => verbs.map((verb) => [noun, verb])),
    ['audit'],
    ['init'],
    ['doctor'],
  ]
  for (let start = 0; start < commands.length; start += 4) {
    const four = commands.slice(start, start + 4)
    for (const [index, ended] of (await Promise.all(four.map((each) => run(...each, '--help')))).entries()) {
      const name = four[index]?.join(' ') ?? ''
      t.match(ended, { code: 0, stderr: '' }, name)
      t.match(ended.stdout, `Usage: latchkey ${name} `)
      t.match(ended.stdout, new RegExp(`Examples:\n.*latchkey ${name}`))
      t.match(top.stdout, new RegExp(`^ {2}${name.split(' ')[0]} `, 'm'))
    }
  }
})

t.test('what is not there is wrong usage, on standard error', async (t) => {
  for (const args of [
    [],
    ['keys'],
    ['frobnicate'],
    ['keys', 'frobnicate'],
    ['keys', 'count', '--frobnicate'],
  ]) {
    t.match(await run(...args), { code: 2, stdout: '', stderr: /./ })
  }
})

t.test('something that looks like a credential is not repeated from the arguments', async (t) => {
  const secret = 'lka_Ab3dEf6hIj9lMn2pAb3dEf6hIj9lMn2p'
  for (const args of [[secret], ['keys', 'list', '--limit', secret], ['keys', 'list', `--${secret}`]]) {
    const ended = await run(...args)
    t.match(ended, { code: 2, stdout: '' })
    t.notOk(ended.stderr.includes(secret), ended.stderr)
  }
})
