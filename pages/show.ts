/**
 * Shows a page: its template in the common frame, which knows the site's name and who is signed in.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readSite } from '../domain/site.ts'
import type { SettingsRecord } from '../store/records.ts'
import { type AdminSection, sections } from './admin/sections.ts'
import { type Member, memberOf } from './member.ts'
import { createTimes, type Times } from './times.ts'

/** What every template knows, as `it`. */
interface Frame {
  readonly title: string
  readonly siteName: string
  readonly member: Member | null
  readonly times: Times
  /** Of the administrators' pages, for their navigation; null: it is none of them. */
  readonly section: AdminSection | null
  readonly sections: typeof sections
}

export interface Page {
  /** Of templates/, without its ending. */
  readonly template: string
  readonly title: string
  readonly section?: AdminSection
  /** What the template shows; made from the state of the site. */
  readonly content?: (site: SiteNow) => object | Promise<object>
}

export interface SiteNow {
  readonly settings: SettingsRecord
  readonly nowMs: number
  readonly times: Times
}

/** Sends the page with the status that the reply has. @throws Problem (503) */
export async function showPage(request: FastifyRequest, reply: FastifyReply, page: Page): Promise<string> {
  const { site, nowMs } = await readSite(request.server.core)
  const { settings } = site.record
  const times = createTimes(nowMs)
  const content = await page.content?.({ settings, nowMs, times })
  const frame = {
    title: page.title,
    siteName: settings.siteName,
    member: memberOf(request, nowMs),
    times,
    section: page.section ?? null,
    sections,
  }
  return await render(reply, page.template, { ...frame, ...content })
}

/** For pages about errors: it asks Redis for nothing, because that may be what failed. */
export async function showBarePage(
  reply: FastifyReply,
  { template, title, content }: Page & { readonly content: () => object },
): Promise<string> {
  return await render(reply, template, {
    title,
    siteName: 'Latchkey',
    member: null,
    times: createTimes(0),
    section: null,
    sections,
    ...content(),
  })
}

async function render(reply: FastifyReply, template: string, values: Frame): Promise<string> {
  const html = await reply.viewAsync(`/${template}`, values)
  reply.type('text/html; charset=utf-8')
  return html
}
