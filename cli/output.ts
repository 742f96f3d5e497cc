/**
 * What a command shows. Answers go to standard output: tables on a terminal, JSON otherwise or with --json. Notes and
 * errors go to standard error. Colours only on a terminal, never with NO_COLOR.
 */
import { styleText } from 'node:util'
import { hideCredentials } from '../domain/secret.ts'
import { plainJson, plainLines, plainText } from './plain-text.ts'
import type { Column } from './table.ts'

export interface Output {
  /** Whether answers are for a person to look at: on a terminal and without --json. */
  readonly isForPerson: boolean
  /** A list, in portions as they come. @returns what the portions return at their end */
  list<Item, End>(columns: readonly Column<Item>[], portions: Portions<Item, End>): Promise<End>
  /** One thing: names and values for a person, the value itself as JSON. */
  record(values: Readonly<Record<string, string>>, value: unknown): Promise<void>
  /** A sentence for a person, the value as JSON. */
  result(sentence: string, value: unknown): void
  /** A line of standard output as it is, however it is shown. */
  line(text: string): void
  /** CSV or other text of the server: as it came, but harmless on a terminal. */
  raw(text: string): void
  /** On standard error, for a person only. */
  note(text: string): void
  /** On standard error, always. */
  warn(text: string): void
  /** A word that stands out, for a person. */
  colour(colour: Colour, text: string): string
}

export type Colour = 'red' | 'yellow' | 'green' | 'bold'
export type Portions<Item, End> = AsyncGenerator<readonly Item[], End, void>

/** Rows of one table: what comes after them begins a new one, so that a long list needs no memory. */
const rowsPerTable = 1_000

interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): boolean
}

export interface OutputOptions {
  readonly isJson: boolean
  readonly standardOutput: Stream
  readonly standardError: Stream
  readonly environment: Readonly<Record<string, string | undefined>>
}

export function createOutput({ isJson, standardOutput, standardError, environment }: OutputOptions): Output {
  const isTerminal = standardOutput.isTTY === true
  const isForPerson = isTerminal && !isJson
  const hasColours = isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb'
  const write = (text: string): void => void standardOutput.write(text)
  const colour = (name: Colour, text: string): string =>
    hasColours ? styleText(name, text, { validateStream: false }) : text
  // `script` and some others make terminals without a width.
  const style = { width: standardOutput.columns || 80, heading: (text: string) => colour('bold', text) }

  return {
    isForPerson,
    colour,
    async list(columns, portions) {
      if (!isForPerson) return await listAsJson(portions, write)
      const { tableText } = await loadTables()
      return await listAsTables(portions, (items) => write(tableText(columns, items, style)))
    },
    async record(values, value) {
      if (isForPerson) write((await loadTables()).recordText(values, style))
      else
        write(`${plainJson(value, 2)}
`)
    },
    result(sentence, value) {
      write(isForPerson ? `${plainText(sentence)}\n` : `${plainJson(value, 2)}\n`)
    },
    line: (text) => write(`${text}\n`),
    raw: (text) => write(isTerminal ? plainLines(text) : text),
    note(text) {
      if (standardError.isTTY === true) standardError.write(`${plainLines(text)}\n`)
    },
    warn: (text) => void standardError.write(`${plainLines(text)}\n`),
  }
}

/** Only where tables are shown: what measures text is large, and scripts that want JSON start faster without it. */
const loadTables = async (): Promise<typeof import('./table.ts')> => await import('./table.ts')

async function listAsTables<Item, End>(
  portions: Portions<Item, End>,
  show: (items: readonly Item[]) => void,
): Promise<End> {
  let waiting: Item[] = []
  while (true) {
    const step = await portions.next()
    if (!step.done) waiting.push(...step.value)
    if (waiting.length >= rowsPerTable || (step.done && waiting.length > 0)) {
      show(waiting)
      waiting = []
    }
    if (step.done) return step.value
  }
}

/** An array, one item a line. When the list breaks off, the closing bracket is missing: half a list is no JSON. */
async function listAsJson<Item, End>(
  portions: Portions<Item, End>,
  write: (text: string) => void,
): Promise<End> {
  let before = '[\n'
  while (true) {
    const step = await portions.next()
    if (step.done) {
      write(before === '[\n' ? '[]\n' : '\n]\n')
      return step.value
    }
    for (const item of step.value) {
      write(before + plainJson(item))
      before = ',\n'
    }
  }
}

/** `2026-11-23 22:00` in the time of this machine. */
export function localTime(time: string | null): string {
  if (time === null) return 'never'
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return time
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** The error's sentences, with nothing in them that a terminal obeys and nothing that looks like a credential. */
export function errorText(text: string): string {
  return `${hideCredentials(plainLines(text.trimEnd()))}\n`
}

/** `1 API key`, `1,234 API keys`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
