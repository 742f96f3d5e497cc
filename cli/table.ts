/**
 * Tables for a terminal: as wide as it is, long texts cut with an ellipsis, ids never cut. Every cell is made harmless
 * first, whoever wrote it.
 */
import Table from 'cli-table3'
import displayWidth from 'string-width'
import { plainText } from './plain-text.ts'

export interface Column<Item> {
  readonly title: string
  readonly text: (item: Item) => string
  /** What gives way where the terminal is narrow: words first, names last. Left out: is never cut, as ids. */
  readonly mayCut?: 'first' | 'last'
  readonly isNumber?: true
}

export interface TableStyle {
  /** Columns of the terminal. */
  readonly width: number
  readonly heading: (text: string) => string
}

const gap = '  '
const narrowest = 10

const noBorders = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: gap },
}

export function tableText<Item>(
  columns: readonly Column<Item>[],
  items: readonly Item[],
  { width, heading }: TableStyle,
): string {
  const rows = items.map((item) => columns.map(({ text }) => plainText(text(item))))
  const widths = columnWidths(columns, rows, width)
  const table = new Table({
    chars: noBorders,
    head: columns.map(({ title }) => heading(title)),
    colWidths: widths,
    colAligns: columns.map(({ isNumber }) => (isNumber ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows)
  const lines = table.toString().split('\n')
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

/** Names and values, below each other. */
export function recordText(values: Readonly<Record<string, string>>, style: TableStyle): string {
  const columns: Column<readonly [string, string]>[] = [
    { title: '', text: ([name]) => name },
    { title: '', text: ([, value]) => value },
  ]
  // Nothing is cut: a record is read as a whole.
  const plain = { ...style, heading: (text: string) => text }
  return tableText(columns, Object.entries(values), plain).replace(/^\n/, '')
}

/** Takes from the widest of those that may be cut, until the table fits or nothing more can be taken. */
function columnWidths<Item>(
  columns: readonly Column<Item>[],
  rows: readonly (readonly string[])[],
  width: number,
): number[] {
  const widths = columns.map(({ title }, index) =>
    rows.reduce((most, row) => Math.max(most, displayWidth(row[index] ?? '')), title.length),
  )
  const gaps = gap.length * (columns.length - 1)
  const excess = (): number => widths.reduce((sum, each) => sum + each, gaps) - width
  for (const turn of ['first', 'last'] as const) {
    while (excess() > 0) {
      const widest = widths.reduce(
        (found, each, index) =>
          columns[index]?.mayCut === turn && each > Math.max(leastWidth(columns[index]), widths[found] ?? 0)
            ? index
            : found,
        -1,
      )
      if (widest === -1) break
      widths[widest] = (widths[widest] ?? 0) - 1
    }
  }
  return widths
}

function leastWidth<Item>({ title }: Column<Item>): number {
  return Math.max(narrowest, title.length)
}
