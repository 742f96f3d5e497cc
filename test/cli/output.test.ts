// What is shown: tables that fit, JSON that is JSON, colours only where they belong, and nothing that a terminal obeys.

import t from 'tap'
import { moment } from '../../cli/options.ts'
import { createOutput, errorText, type Portions } from '../../cli/output.ts'
import { plainJson, plainLines, plainText } from '../../cli/plain-text.ts'
import { type Column, tableText } from '../../cli/table.ts'
import { startSite } from '../support/site.ts'
import { commandsFor } from './command.ts'

/** What terminals obey: colours, titles, links, cursor, 8-bit introducers, shift-out, bidirectional overrides. */
const hostile = [
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007',
  '\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\',
  '\u001b[2J\u001b[H',
  '\u009b31mred',
  '\u009d0;title\u009c',
  '\u000eshift\u000f',
  'a\rb',
  'a\nb\tc',
  '\u202egnp.exe',
  'zero\u200bwidth',
  'line\u2028separator',
  '\u007f\b\b\b',
  '\ud800 alone',
]

const harmful = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

t.test('no text of others can move a terminal', async (t) => {
  for (const text of hostile) {
    t.notMatch(plainText(text), harmful)
    t.notMatch(plainJson({ text }), harmful)
    t.same(JSON.parse(plainJson({ text })), { text }, 'JSON keeps what it says')
    t.notMatch(errorText(text).replaceAll('\n', ''), harmful)
    const columns: Column<string>[] = [{ title: 'TEXT', text: (each) => each }]
    const table = tableText(columns, [text], { width: 80, heading: (each) => each })
    t.notMatch(table.replaceAll('\n', ''), harmful)
    t.equal(table.split('\n').length, 3, 'one row stays one row')
  }
  t.equal(plainText('Zoë 漢字 🦊 ok'), 'Zoë 漢字 🦊 ok')
  t.equal(plainLines('one\r\ntwo'), 'one\ntwo')
})

t.test('escape sequences in a description are harmless on a terminal, in tables, JSON and CSV', async (t) => {
  const site = await startSite(t)
  const { onTerminal, run } = await commandsFor(t, site)
  const key = await site.mint('ada@example.org', hostile.slice(0, 8).join(' '))
  const env = { NO_COLOR: '1' }
  const screens = await Promise.all([
    onTerminal(['keys', 'list'], { env, columns: 300 }),
    onTerminal(['keys', 'list', '--json'], { env }),
    onTerminal(['keys', 'list', '--csv'], { env }),
  ])
  for (const { stdout } of screens) {
    t.match(stdout, key.id)
    t.notMatch(stdout.replaceAll('\n', ''), harmful)
  }
  const listed = await run('keys', 'list')
  t.equal(JSON.parse(listed.stdout)[0].description, hostile.slice(0, 8).join(' '))
  const revoked = await onTerminal(['keys', 'revoke', '--user', '\u001b[31mred', '--yes'], { env })
  t.notMatch(revoked.stdout.replaceAll('\n', ''), harmful)
})

interface Fox {
  readonly id: string
  readonly name: string
  readonly words: string
}

const foxes: readonly Fox[] = [
  { id: 'Ab3dEf6hIj9lMn2p', name: 'a name of some length', words: 'words that go on and on and on' },
  { id: 'Bb3dEf6hIj9lMn2p', name: '漢字漢字漢字漢字漢字', words: '' },
]
const columns: readonly Column<Fox>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'NAME', text: ({ name }) => name, mayCut: 'last' },
  { title: 'WORDS', text: ({ words }) => words, mayCut: 'first' },
]

t.test('a narrow terminal cuts words first, then names, never ids', async (t) => {
  const at = (width: number): string[] =>
    tableText(columns, foxes, { width, heading: (text) => text })
      .trimEnd()
      .split('\n')
  t.match(at(200)[1], /^Ab3dEf6hIj9lMn2p {2}a name of some length {2}words that go on and on and on$/)
  t.match(at(60)[1], /a name of some length {2}words that go on a…$/)
  t.match(at(45)[1], /^Ab3dEf6hIj9lMn2p {2}a name of some… {2}words tha…$/)
  for (const width of [200, 60, 45, 10]) {
    t.match(at(width)[1], /^Ab3dEf6hIj9lMn2p/)
    t.match(at(width)[2], /^Bb3dEf6hIj9lMn2p/)
  }
})

async function* portions(...each: readonly (readonly Fox[])[]): Portions<Fox, boolean> {
  yield* each
  return true
}

interface Shown {
  readonly stdout: string
  readonly stderr: string
}

async function show(
  isTTY: boolean,
  isJson: boolean,
  environment: Record<string, string> = {},
): Promise<Shown> {
  const shown = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof shown) => ({
    isTTY,
    columns: 100,
    write(text: string): boolean {
      shown[name] += text
      return true
    },
  })
  const options = { standardOutput: stream('stdout'), standardError: stream('stderr') }
  const output = createOutput({ ...options, isJson, environment })
  await output.list(columns, portions(foxes.slice(0, 1), [], foxes.slice(1)))
  output.note('a note')
  return shown
}

t.test(
  'JSON without a terminal or with --json; colours only on a terminal, never with NO_COLOR',
  async (t) => {
    const piped = await show(false, false, { FORCE_COLOR: '1' })
    t.same(JSON.parse(piped.stdout), foxes)
    t.equal(piped.stderr, '', 'notes are for a person')
    t.same(JSON.parse((await show(true, true)).stdout), foxes)
    t.match((await show(true, false)).stdout, '\u001b[1mID')
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      t.notMatch((await show(true, false, environment)).stdout, '\u001b')
    }
  },
)

t.test('days and times: of this machine without an offset, and only those that exist', async (t) => {
  t.equal(moment('2026-11-23'), new Date(2026, 10, 23).toISOString())
  t.equal(moment('2026-11-23T22:00'), new Date(2026, 10, 23, 22).toISOString())
  t.equal(moment('2026-11-23T22:00:00Z'), '2026-11-23T22:00:00.000Z')
  t.equal(moment('2026-11-23 22:00:00.5+02:00'), '2026-11-23T20:00:00.500Z')
  t.equal(moment('2028-02-29'), new Date(2028, 1, 29).toISOString())
  for (const wrong of [
    '',
    'now',
    '2026-02-29',
    '2026-13-01',
    '2026-11-23Z',
    '2026-11-23T25:00',
    '23.11.2026',
  ]) {
    t.throws(() => moment(wrong), /It takes a day or a time/, wrong)
  }
})
