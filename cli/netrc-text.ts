/**
 * The text of a .netrc file: finding the entry of a machine, and setting its login and password while everything else,
 * comments and other entries, stays as it is to the byte. The grammar is what curl, Python's netrc and ftp(1) agree on;
 * where a text cannot be read for sure, it is refused rather than guessed. Texts here have one character a byte (latin1).
 */

export interface NetrcEntry {
  /** null: `default`, for every machine that has no entry before it. */
  readonly machine: string | null
  readonly login: string | null
  readonly password: string | null
}

/** Why a text is not touched, with the line. */
export class NetrcRefused extends Error {
  override readonly name = 'NetrcRefused'
}

interface Token {
  readonly text: string
  readonly start: number
  readonly end: number
}

interface Value extends Token {
  readonly keyword: string
}

interface PlacedEntry {
  /** The keyword: `machine` or `default`. */
  readonly start: number
  /** After the machine's name, or after `default`. */
  readonly nameEnd: number
  readonly machine: string | null
  readonly values: readonly Value[]
}

interface ParsedNetrc {
  readonly entries: readonly PlacedEntry[]
  /** Whether the text ends inside a macro: whatever is put behind would become part of it. */
  readonly endsInMacro: boolean
}

const keywordsWithValue = ['login', 'password', 'account', 'user']

/** @throws NetrcRefused */
export function readNetrc(text: string): readonly NetrcEntry[] {
  return parse(text).entries.map(({ machine, values }) => ({
    machine,
    login: lastValue(values, 'login') ?? lastValue(values, 'user'),
    password: lastValue(values, 'password'),
  }))
}

/**
 * The text with the entry of the machine set, or with a new one: before `default`, which would shadow it, else at the end.
 * @throws NetrcRefused
 */
export function setNetrcEntry(text: string, machine: string, login: string, password: string): string {
  const { entries, endsInMacro } = parse(text)
  const ours = entries.filter((entry) => entry.machine?.toLowerCase() === machine.toLowerCase())
  const [entry, second] = ours
  if (entry !== undefined && second !== undefined) {
    throw new NetrcRefused(
      `There are ${ours.length} entries of ${machine} (lines ${ours.map(({ start }) => lineAt(text, start)).join(', ')}): ` +
        'which of them counts depends on the program. Leave one of them.',
    )
  }
  const lineBreak = /\r?\n/.exec(text)?.[0] ?? '\n'
  const fresh = `machine ${machine}${lineBreak}  login ${login}${lineBreak}  password ${password}${lineBreak}`
  const shadow = entries.find((each) => each.machine === null && each.start < (entry?.start ?? text.length))
  if (entry !== undefined && shadow !== undefined) {
    throw new NetrcRefused(
      `The entry of ${machine} (line ${lineAt(text, entry.start)}) stands behind "default" (line ` +
        `${lineAt(text, shadow.start)}), which takes its place. Move "default" to the end.`,
    )
  }
  if (entry !== undefined) return replaceValues(text, entry, login, password)
  if (shadow !== undefined) return insertBefore(text, shadow.start, fresh, lineBreak)
  const isOpenLine = text !== '' && !text.endsWith('\n')
  return text + (isOpenLine ? lineBreak : '') + (endsInMacro ? lineBreak : '') + fresh
}

function replaceValues(
  text: string,
  { nameEnd, values }: PlacedEntry,
  login: string,
  password: string,
): string {
  const logins = values.filter(({ keyword }) => keyword === 'login' || keyword === 'user')
  const passwords = values.filter(({ keyword }) => keyword === 'password')
  const edits = [
    ...logins.map(({ start, end }) => ({ start, end, text: login })),
    ...passwords.map(({ start, end }) => ({ start, end, text: password })),
  ]
  const missing = [
    ...(logins.length === 0 ? [` login ${login}`] : []),
    ...(passwords.length === 0 ? [` password ${password}`] : []),
  ]
  edits.push({ start: nameEnd, end: nameEnd, text: missing.join('') })
  // From the end, so that the earlier places stay where they are.
  return edits
    .sort((left, right) => right.start - left.start)
    .reduce((before, edit) => before.slice(0, edit.start) + edit.text + before.slice(edit.end), text)
}

function insertBefore(text: string, place: number, entry: string, lineBreak: string): string {
  const beginsLine = place === 0 || text[place - 1] === '\n'
  return text.slice(0, place) + (beginsLine ? '' : lineBreak) + entry + text.slice(place)
}

/** In ASCII only: the text is one character a byte, and 0xA0 may be a part of a letter. */
const space = /[ \t\r\n\v\f]/

/** A byte order mark, which some editors of Windows write, belongs to no token. */
const byteOrderMark = '\xef\xbb\xbf'

function parse(text: string): ParsedNetrc {
  const entries: PlacedEntry[] = []
  let entry: (PlacedEntry & { values: Value[] }) | null = null
  let place = text.startsWith(byteOrderMark) ? byteOrderMark.length : 0
  while (true) {
    const token = nextToken(text, place, true)
    if (token === null) return { entries, endsInMacro: false }
    place = token.end
    if (token.text === 'macdef') {
      const end = endOfMacro(text, valueAfter(text, token).end)
      if (end === null) return { entries, endsInMacro: true }
      place = end
      entry = null
    } else if (token.text === 'machine' || token.text === 'default') {
      const name: Token | null = token.text === 'machine' ? valueAfter(text, token) : null
      place = name?.end ?? token.end
      entry = { start: token.start, nameEnd: place, machine: name?.text ?? null, values: [] }
      entries.push(entry)
    } else if (keywordsWithValue.includes(token.text)) {
      const value = valueAfter(text, token)
      place = value.end
      entry?.values.push({ ...value, keyword: token.text })
    } else {
      throw new NetrcRefused(
        `Line ${lineAt(text, token.start)} cannot be read for sure: no keyword where one should be.`,
      )
    }
  }
}

function valueAfter(text: string, keyword: Token): Token {
  const value = nextToken(text, keyword.end, false)
  if (value !== null) return value
  throw new NetrcRefused(`Line ${lineAt(text, keyword.start)}: "${keyword.text}" without a value.`)
}

/** A macro ends with an empty line; null: with the text. */
function endOfMacro(text: string, place: number): number | null {
  const end = /\n\r?\n/g
  end.lastIndex = Math.max(place, 0)
  return end.exec(text) === null ? null : end.lastIndex
}

/** @param mayBeComment where a keyword is expected, `#` begins a comment; a password may begin with it */
function nextToken(text: string, from: number, mayBeComment: boolean): Token | null {
  let start = from
  while (start < text.length) {
    if (space.test(text.charAt(start))) {
      start++
    } else if (mayBeComment && text[start] === '#') {
      const lineEnd = text.indexOf('\n', start)
      start = lineEnd === -1 ? text.length : lineEnd
    } else {
      return text[start] === '"' ? quotedToken(text, start) : plainToken(text, start)
    }
  }
  return null
}

function plainToken(text: string, start: number): Token {
  const length = text.slice(start).search(space)
  const end = length === -1 ? text.length : start + length
  return { text: text.slice(start, end), start, end }
}

/** `"with spaces and \" quotes"`, on one line. */
function quotedToken(text: string, start: number): Token {
  const quoted = /"((?:[^"\\\r\n]|\\.)*)"/y
  quoted.lastIndex = start
  const found = quoted.exec(text)
  if (found === null) throw new NetrcRefused(`Line ${lineAt(text, start)}: a quotation mark is not closed.`)
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
  const value = (found[1] ?? '').replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character)
  return { text: value, start, end: quoted.lastIndex }
}

function lastValue(values: readonly Value[], keyword: string): string | null {
  return values.findLast((value) => value.keyword === keyword)?.text ?? null
}

function lineAt(text: string, place: number): number {
  return text.slice(0, place).split('\n').length
}
