import t from 'tap'
import { startSite } from '../support/site.ts'

t.test('mint, use, verify and revoke over HTTP, in one go', async (t) => {
  const site = await startSite(t)
  const key = await site.mint('ada@example.org', 'first')

  const me = await site.app.inject({ url: '/v1/me', headers: key.headers })
  t.equal(me.statusCode, 200)
  t.match(me.json(), {
    active: true,
    kind: 'api-key',
    id: key.id,
    user: { name: 'ada@example.org', roles: ['user'] },
  })

  const verify = async () =>
    await site.app.inject({
      method: 'POST',
      url: '/v1/verify',
      headers: site.first,
      payload: { credential: key.secret },
    })
  t.match((await verify()).json(), { active: true, id: key.id, expiresAt: null })

  const revoked = await site.app.inject({
    method: 'POST',
    url: '/v1/admin/api-keys/revoke',
    headers: site.first,
    payload: { ids: [key.id] },
  })
  t.same(revoked.json(), { revoked: 1 })

  const refused = await site.app.inject({ url: '/v1/me', headers: key.headers })
  t.equal(refused.statusCode, 401)
  t.equal(refused.json().code, 'credential_invalid')
  t.match(refused.headers['www-authenticate'], /^Basic realm="[^"]+", charset="UTF-8"$/)
  t.match((await verify()).json(), { active: false, code: 'credential_invalid' })
})
