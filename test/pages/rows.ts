// Tables of pages as people read them, without a browser.

/** The texts of the cells of the body of the only table, without markup; entities stay as they are. */
export function rowsOf(body: string): string[][] {
  const [, table = ''] = /<tbody>([\s\S]*?)<\/tbody>/.exec(body) ?? []
  return [...table.matchAll(/<tr\b[^>]*>([\s\S]*?)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<td\b[^>]*>([\s\S]*?)<\/td>/g)].map(([, cell = '']) =>
      cell
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    ),
  )
}
