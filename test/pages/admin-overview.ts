// What stands on the overview, read off its HTML.

/** The number of an attention item, as it is written. @throws Error where there is no such item */
export function attention(body: string, title: string): string {
  const number = new RegExp(`<h3>${title}</h3>\\s*<p class="count[^"]*">([^<]+)</p>`).exec(body)?.[1]
  if (number === undefined) throw new Error(`no item ${title} on the page`)
  return number
}

/** The rows of the table with this caption: what each is called, and its cells without markup. */
export function tableRows(body: string, caption: string): ReadonlyMap<string, readonly string[]> {
  const table = new RegExp(`<caption class="hidden">${caption}</caption>([\\s\\S]*?)</table>`).exec(body)?.[1]
  if (table === undefined) throw new Error(`no table ${caption} on the page`)
  const rows = [...table.matchAll(/<th[^>]*scope="row">([^<]*)<\/th>(.*?)<\/tr>/g)]
  return new Map(
    rows.map(([, name = '', cells = '']) => [
      name,
      [...cells.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell = '']) => cell.replace(/<[^>]*>/g, '')),
    ]),
  )
}

export const captions = {
  expiries: 'Live keys by the month in which they expire',
  verifications: 'Verifications a day, accepted and refused',
  sources: 'Addresses, those refused most often first',
} as const

/** '1,234' → 1234 */
export function numberOf(text: string | undefined): number {
  return Number(text?.replaceAll(',', ''))
}
