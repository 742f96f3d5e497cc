// The form of settings as a browser would send it back untouched, and what is read from its page.

import type { CookieSession } from '../support/session-site.ts'
import type { Instance } from '../support/site.ts'
import { type FormAnswer, sendForm } from './form.ts'

export const settingsUrl = '/admin/settings'

export type Fields = Readonly<Record<string, string>>

const characters: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}

export function unescaped(html: string): string {
  return html.replace(/&(?:amp|lt|gt|quot|#39);/g, (escaped) => characters[escaped] ?? escaped)
}

/** What the form on the page would send: hidden fields, texts, the option that is selected, switches that are on. */
export function fieldsOf({ body }: Pick<FormAnswer, 'body'>): Fields {
  const form = body.slice(body.indexOf('action="/admin/settings"'))
  const fields: Record<string, string> = {}
  for (const [tag, name = ''] of form.matchAll(/<input [^>]*?name="(\w+)"[^>]*>/g)) {
    const value = unescaped(/ value="([^"]*)"/.exec(tag)?.[1] ?? '')
    if (!tag.includes('type="checkbox"') || tag.includes(' checked')) fields[name] ??= value
  }
  for (const [, name = '', options = ''] of form.matchAll(
    /<select [^>]*?name="(\w+)"[^>]*>(.*?)<\/select>/gs,
  ))
    fields[name] = /value="(\w+)" selected/.exec(options)?.[1] ?? ''
  return fields
}

export async function openForm(
  { app }: Pick<Instance, 'app'>,
  session: Pick<CookieSession, 'headers'>,
): Promise<Fields> {
  const page = await app.inject({ url: settingsUrl, headers: { cookie: session.headers.cookie } })
  if (page.statusCode !== 200) throw new Error(page.body)
  return fieldsOf(page)
}

/** Sends the form with these changes; a field that is changed to undefined is left out. */
export async function send(
  site: Pick<Instance, 'app'>,
  session: Pick<CookieSession, 'headers'>,
  fields: Fields,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<FormAnswer> {
  const all: [string, string | undefined][] = Object.entries({ ...fields, ...changes })
  const sent = all.filter((field): field is [string, string] => field[1] !== undefined)
  return await sendForm(site, settingsUrl, Object.fromEntries(sent), { cookie: session.headers.cookie })
}

/** The text of the element with this id, without markup. */
export function textAt({ body }: Pick<FormAnswer, 'body'>, id: string): string | null {
  const found = new RegExp(`<(\\w+)[^>]* id="${id}"[^>]*>(.*?)</\\1>`, 's').exec(body)?.[2]
  return found === undefined
    ? null
    : unescaped(found.replace(/<[^>]*>/g, ''))
        .replace(/\s+/g, ' ')
        .trim()
}
