import t from 'tap'
import { signInAs, testPassword } from '../support/sign-in.ts'
import { startSite } from '../support/site.ts'

t.test('an invitation that was still open is worthless once the user has changed the password', async (t) => {
  const site = await startSite(t)
  const ada = await signInAs(site, 'ada@example.org')
  const invited = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/users',
    headers: site.first,
    payload: { user: 'ada@example.org' },
  })
  const changed = await site.app.inject({
    method: 'PUT',
    url: '/v1/me/password',
    headers: ada.headers,
    payload: { present: testPassword, next: 'another long password' },
  })
  t.equal(changed.statusCode, 204)
  const claimed = await site.app.inject({
    method: 'POST',
    url: '/v1/invitations/claim',
    payload: { invitation: invited.json().invitation, password: 'a password of somebody else' },
  })
  t.equal(claimed.statusCode, 404)
  t.equal(claimed.json().code, 'invitation_invalid')
})
