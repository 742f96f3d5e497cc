/**
 * Cursors of lists: where the last page ended, as an opaque text that is bound to the question it was given for. It holds
 * a position, never a secret, and is not trusted: whatever does not read back exactly is refused.
 */
import { Problem } from './errors.ts'

/** @param question what the list was asked, such as its sort and order: a cursor of another question is refused */
export function makeCursor(question: string, position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([question, ...position])).toString('base64url')
}

/**
 * @param shape an example of each part: its type is what the part must have
 * @throws Problem cursor_invalid
 */
export function readCursor<Shape extends readonly (string | number)[]>(
  cursor: string,
  question: string,
  shape: Shape,
): { readonly [Index in keyof Shape]: Shape[Index] extends number ? number : string } {
  const parts = parse(cursor)
  const isRight =
    Array.isArray(parts) &&
    parts[0] === question &&
    parts.length === shape.length + 1 &&
    shape.every((example, index) => typeof parts[index + 1] === typeof example)
  if (!isRight) throw new Problem('cursor_invalid')
  return parts.slice(1) as { readonly [Index in keyof Shape]: Shape[Index] extends number ? number : string }
}

function parse(cursor: string): unknown {
  const bytes = Buffer.from(cursor, 'base64url')
  if (bytes.toString('base64url') !== cursor) return null
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return null
  }
}
