// Questions to the audit log over HTTP.

import type { AuditEvent, AuditPage } from '../../schemas/audit.ts'
import type { TestSite } from './site.ts'

export type AuditAnswer = Awaited<ReturnType<typeof askAudit>>

export async function askAudit(
  site: Pick<TestSite, 'app' | 'first'>,
  query: Readonly<Record<string, string | number>> = {},
  headers: Readonly<Record<string, string>> = {},
) {
  const url = auditUrl(query)
  return await site.app.inject({ url, headers: { ...site.first, ...headers } })
}

export function auditUrl(query: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])
  return `/v1/admin/audit?${new URLSearchParams(pairs)}`
}

export async function readPage(
  site: Pick<TestSite, 'app' | 'first'>,
  query: Readonly<Record<string, string | number>> = {},
): Promise<AuditPage> {
  const answer = await askAudit(site, query)
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json()
}

export interface Paging {
  /** Called before every page. */
  readonly beforePage?: () => Promise<void>
}

/** All pages, in order. */
export async function readPages(
  site: Pick<TestSite, 'app' | 'first'>,
  query: Readonly<Record<string, string | number>>,
  { beforePage = async () => {} }: Paging = {},
): Promise<AuditEvent[][]> {
  const pages: AuditEvent[][] = []
  let cursor: string | null = null
  do {
    await beforePage()
    const page: AuditPage = await readPage(site, { ...query, ...(cursor === null ? {} : { cursor }) })
    pages.push(page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return pages
}
