/**
 * What forms have in common. Fields are texts; those that the API takes, too, have its schemas.
 */
import { type TProperties, Type } from 'typebox'

const csrfToken = Type.String({ maxLength: 64 })

/** The body of a form: its CSRF token and these fields, no others. */
export function Form<Fields extends TProperties>(fields: Fields) {
  return Type.Object({ _csrf: csrfToken, ...fields }, { additionalProperties: false })
}

/** Names what the page is to say has been done. */
export const notice = Type.Optional(Type.String({ maxLength: 16 }))

/** The words for a notice that an address names; only known ones, whatever it says. */
export function noticeOf(
  notices: Readonly<Record<string, string>>,
  named: string | undefined,
): string | null {
  return Object.entries(notices).find(([name]) => name === named)?.[1] ?? null
}
