/**
 * Where a sign-in leads back to: a path of this site or nothing (threat 29). An allow-list, so that nobody has to know how
 * browsers read `//`, `/\`, `@`, control characters and percent signs.
 */

/** One slash, then plain segments: no second slash in a row, no query, nothing encoded. */
const plainPath = /^(?:\/[0-9A-Za-z](?:[0-9A-Za-z-]{0,62}[0-9A-Za-z])?){1,4}$/

/** @returns the path as it was given, or null where it is not one that a sign-in may lead to */
export function safeReturnPath(presented: unknown): string | null {
  if (typeof presented !== 'string' || presented.length > 256) return null
  return plainPath.test(presented) ? presented : null
}
