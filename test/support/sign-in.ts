// A signed-in user for a test, by an invitation and a password, as a person would.

import type { TestSite } from './site.ts'

export const testPassword = 'correct horse battery staple'

export interface SignedIn {
  /** Public id of the session. */
  readonly id: string
  /** Cookie and CSRF token. */
  readonly headers: { readonly cookie: string; readonly 'x-csrf-token': string }
  /** The same session by the cookie that an answer set. */
  renewedBy(answer: Answer): SignedIn
}

interface Answer {
  readonly cookies: readonly { readonly name: string; readonly value: string }[]
  json(): { readonly id: string; readonly csrfToken: string }
}

/** Invites the user, who is created when unknown, and claims the invitation. */
export async function signInAs(
  site: Pick<TestSite, 'app' | 'first'>,
  user: string,
  roles: readonly string[] = ['user'],
): Promise<SignedIn> {
  const invited = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/users',
    headers: site.first,
    payload: { user, roles },
  })
  if (invited.statusCode !== 201) throw new Error(invited.body)
  const claimed = await site.app.inject({
    method: 'POST',
    url: '/v1/invitations/claim',
    payload: { invitation: invited.json().invitation, password: testPassword },
  })
  if (claimed.statusCode !== 201) throw new Error(claimed.body)
  return signedInBy(claimed)
}

export function signedInBy(answer: Answer): SignedIn {
  const [cookie] = answer.cookies
  if (cookie === undefined) throw new Error('the answer set no cookie')
  const { id, csrfToken } = answer.json()
  const headers = { cookie: `${cookie.name}=${cookie.value}`, 'x-csrf-token': csrfToken }
  return { id, headers, renewedBy: signedInBy }
}
