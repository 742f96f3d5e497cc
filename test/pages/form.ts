// Forms as a browser sends them, without a browser: for what must be refused.

import type { Instance } from '../support/site.ts'

export const formType = 'application/x-www-form-urlencoded'

export interface FormAnswer {
  readonly statusCode: number
  readonly body: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly cookies: readonly { readonly name: string; readonly value: string }[]
}

/** Sends a form. */
export async function sendForm(
  { app }: Pick<Instance, 'app'>,
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<FormAnswer> {
  return await app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': formType, ...headers },
    payload: new URLSearchParams(fields).toString(),
  })
}

/** The value of a hidden field of a page. @throws Error where there is none */
export function hiddenField({ body }: Pick<FormAnswer, 'body'>, name: string): string {
  const value = new RegExp(`name="${name}" value="([^"]+)"`).exec(body)?.[1]
  if (value === undefined) throw new Error(`no field ${name} on the page`)
  return value
}

/** A sign-in form that was opened in a browser of one's own: its token, and the cookie that goes with it. */
export async function openSignInForm({ app }: Pick<Instance, 'app'>) {
  const page = await app.inject({ url: '/sign-in' })
  return { csrf: hiddenField(page, '_csrf'), cookie: `latchkey-form=${page.cookies[0]?.value}` }
}
