// A key's secret is in one answer and nowhere else: not in Redis, not in the log, not in an error, wherever a person
// may have pasted it.

import { createHash } from 'node:crypto'
import t from 'tap'
import { startSite } from '../support/site.ts'
import { everythingIn, send, sendText, serviceWith } from './evidence.ts'

const site = await startSite(t)

t.test('threat 7: no secret is in Redis or in the log, whatever was done with it', async (t) => {
  const services = [
    site.first,
    await serviceWith(site, 'gateway', ['verify', 'mint']),
    await serviceWith(site, 'keeper', ['revoke', 'admin']),
  ]
  const keys = await Promise.all([site.mint('ada'), site.mint('ada', 'second'), site.mint('grace')])
  for (const { id, headers, secret } of keys) {
    await send(site, 'GET /v1/me', headers)
    await send(site, 'GET /v1/me', { authorization: `Bearer ${secret}` })
    await send(site, 'GET /v1/me', { apikey: secret })
    await send(site, 'POST /v1/verify', site.first, { credential: secret })
    await send(site, 'POST /v1/verify', site.first, { credential: `${secret}x` })
    await send(site, `PATCH /v1/api-keys/${id}`, headers, { description: 'renamed' })
  }
  const [ada] = keys
  const secretsOfServices = services.map(({ authorization }) =>
    Buffer.from(authorization.slice('Basic '.length), 'base64').toString().replace(/^\w+:/, ''),
  )
  const secrets = [...keys.map(({ secret }) => secret), ...secretsOfServices]
  const answers: string[] = []
  for (const secret of secrets) {
    const misplaced = [
      await send(site, `GET /v1/api-keys/${secret}`, ada.headers),
      await send(site, `GET /v1/me?key=${secret}`, ada.headers),
      await send(site, `GET /${secret}`, ada.headers),
      await send(site, `GET /v1/users/%zz${secret}/api-keys`),
      await send(site, 'GET /v1/me', { authorization: secret }),
      await send(site, 'GET /v1/me', { authorization: `Basic ${secret}` }),
      await send(site, 'GET /v1/me', { authorization: `Token ${secret}` }),
      await send(site, 'POST /v1/verify', site.first, { [secret]: true, credential: 'x' }),
      await send(site, 'POST /v1/verify', site.first, { credential: [secret] }),
      await send(site, 'POST /v1/verify', site.first, { credential: secret.repeat(9) }),
      await send(site, 'PUT /v1/settings', site.first, { siteName: `"${secret}`, [secret]: secret }),
      await send(site, 'POST /v1/admin/services', site.first, { name: secret, permissions: [secret] }),
      await send(site, 'POST /v1/admin/api-keys/revoke', site.first, { ids: [secret] }),
      await send(site, `DELETE /v1/admin/services/${secret}`, site.first),
      await sendText(site, 'POST /v1/verify', site.first, secret),
      await sendText(site, 'POST /v1/verify', { ...site.first, 'content-type': `text/${secret}` }, secret),
      await sendText(site, 'POST /v1/verify', site.first, `{"credential": "${secret}", "__proto__": 1}`),
    ]
    for (const answer of misplaced) t.ok(answer.statusCode >= 400 || answer.statusCode === 200)
    answers.push(...misplaced.map(({ body }) => body))
  }
  for (const { id } of keys) await send(site, `DELETE /v1/admin/api-keys/${id}`, site.first)
  await site.mint('grace', 'stays')
  await site.lastUsed.flush()

  const places = {
    Redis: await everythingIn(site.server),
    'the log': site.logged.join(''),
    'an error': answers.join(''),
  }
  t.ok(places.Redis.includes('api-key.minted') && places.Redis.includes('lk:name:grace'), 'Redis was read')
  t.ok(site.logged.length > 17 * secrets.length, 'the log was read')
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) {
      // The random part alone, and what any hash without the pepper would give, are as good as the whole.
      const random = secret.slice(-38, -6)
      t.notOk(text.includes(random), `no secret in ${place}`)
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const hash = createHash('sha256').update(secret).digest(encoding)
        t.notOk(text.includes(hash), `no plain hash in ${place}`)
        if (encoding !== 'hex') {
          const encoded = Buffer.from(`apikey:${secret}`).toString(encoding).slice(0, -4)
          t.notOk(text.includes(encoded), `no Basic credential in ${place}`)
        }
      }
    }
  }
})

t.test('no answer besides the mint shows a secret or a digest', async (t) => {
  const key = await site.mint('reader')
  const answers = [
    await send(site, 'GET /v1/me', key.headers),
    await send(site, 'GET /v1/api-keys', key.headers),
    await send(site, `GET /v1/api-keys/${key.id}`, key.headers),
    await send(site, `PATCH /v1/api-keys/${key.id}`, key.headers, { description: 'd' }),
    await send(site, 'POST /v1/verify', site.first, { credential: key.secret }),
    await send(site, 'GET /v1/admin/services', site.first),
    await send(site, 'PATCH /v1/admin/users/reader', site.first, { groups: ['g'] }),
    await send(site, 'GET /v1/settings', site.first),
  ]
  const digests = (await everythingIn(site.server)).match(/(?<="d(igest)?":")[\w-]{43}/g) ?? []
  t.ok(digests.length >= 3, 'the digests of the keys and of the services were found in Redis')
  for (const { statusCode, body } of answers) {
    t.equal(statusCode, 200)
    t.notOk(body.includes(key.secret.slice(-38, -6)))
    for (const digest of digests) t.notOk(body.includes(digest))
    t.notMatch(body, /"(secret|digest|d|generation|ug|sg|pepper|p)":/)
  }
})
