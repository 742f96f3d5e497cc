// Reads CSV as RFC 4180 has it, so that tests see cells as a spreadsheet does.

const token = /"((?:[^"]|"")*)"|\r\n|,|[^",\r\n]+/g

/** @throws Error for text that is no CSV of that kind */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell: string | null = null
  let end = 0
  for (const match of text.matchAll(token)) {
    if (match.index !== end) throw new Error(`no CSV at ${end}: ${text.slice(end, end + 40)}`)
    end += match[0].length
    if (match[0] === ',' || match[0] === '\r\n') {
      row.push(cell ?? '')
      cell = null
      if (match[0] === ',') continue
      rows.push(row)
      row = []
    } else {
      if (cell !== null) throw new Error(`two cells in one at ${match.index}`)
      cell = match[1]?.replaceAll('""', '"') ?? match[0]
    }
  }
  if (end !== text.length || row.length > 0 || cell !== null) throw new Error('the last line has no end')
  return rows
}
