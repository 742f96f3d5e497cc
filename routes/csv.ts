/**
 * Lists as CSV (RFC 4180): streamed row by row, so memory is bounded and a slow client slows the walk; a client that
 * goes away ends it. Every cell is quoted, and one that a spreadsheet would take for a formula gets an apostrophe in
 * front (threat 6).
 * Callers: the audit log and the list of API keys.
 */
import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { FastifyReply } from 'fastify'
import type { ListFormat } from '../schemas/common.ts'
import { clientGone } from './client-gone.ts'
import { preferredMediaType } from './media-type.ts'

export const csvMediaType = 'text/csv'

/** Whether the client asked for CSV: by the query, as a link in a page does, or by its Accept header. */
export function wantsCsv({ format }: { readonly format?: ListFormat }, accept: string | undefined): boolean {
  if (format !== undefined) return format === 'csv'
  return preferredMediaType(accept, ['application/json', csvMediaType]) === csvMediaType
}

export interface CsvExport {
  /** ASCII, without quotes: it stands in a header. */
  readonly fileName: string
  readonly header: readonly string[]
  /** Rows with as many cells as the header. `gone` aborts with the client: a walk that yields nothing must look at it. */
  readonly rows: (gone: AbortSignal) => AsyncIterable<readonly (string | number)[]>
}

/** What one piece of the answer holds. */
const rowsPerPiece = 100

/**
 * Whatever goes wrong before the first piece is a problem document, as everywhere; later it breaks the connection off, so
 * that nobody takes half a list for the whole.
 */
export async function sendCsv(
  reply: FastifyReply,
  { fileName, header, rows }: CsvExport,
): Promise<FastifyReply> {
  const pieces = csvPieces(header, rows(clientGone(reply)))
  // HEAD has no body: nothing is walked for it.
  const first = reply.request.method === 'HEAD' ? null : await pieces.next()
  return reply
    .type(`${csvMediaType}; charset=utf-8; header=present`)
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .send(Readable.from(first === null ? [] : putBack(first, pieces)))
}

async function* csvPieces(
  header: readonly string[],
  rows: AsyncIterable<readonly (string | number)[]>,
): AsyncGenerator<string, void> {
  let waiting: (readonly (string | number)[])[] = [header]
  for await (const row of rows) {
    waiting.push(row)
    if (waiting.length < rowsPerPiece) continue
    yield csvText(waiting)
    waiting = []
  }
  if (waiting.length > 0) yield csvText(waiting)
}

async function* putBack<Item>(
  first: IteratorResult<Item>,
  rest: AsyncGenerator<Item, void>,
): AsyncGenerator<Item> {
  if (!first.done) yield first.value
  yield* rest
}

function csvText(rows: readonly (readonly (string | number)[])[]): string {
  return stringify([...rows], {
    escape_formulas: true,
    // The one dangerous beginning that the library leaves (OWASP, CSV Injection).
    cast: { string: (text) => (text.startsWith('\n') ? `'${text}` : text) },
    quoted: true,
    record_delimiter: 'windows',
  })
}
