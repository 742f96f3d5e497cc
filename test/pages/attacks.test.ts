// What others may put before a user of the pages: frames, scripts in names and descriptions, pages out of the history.

import t from 'tap'
import { startSessionSite } from '../support/session-site.ts'
import { generateKey, giveSession, payloads, startBrowser } from './browser.ts'

const site = await startSessionSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const session = await site.cookieSession('ada', ['user', 'admin'])
const key = await site.mint('ada')

t.test(
  'threat 4: every page, redirect and error of the pages forbids frames, and is in no cache',
  async (t) => {
    const { cookie } = session.headers
    const invitation = await site.app.inject({
      method: 'POST',
      url: '/v1/admin/users',
      headers: site.first,
      payload: { user: 'eve' },
    })
    const addresses = [
      '/',
      '/sign-in',
      new URL(invitation.json().link).pathname,
      '/invitation/cut-off',
      '/keys',
      '/password',
      '/admin/settings',
      `/keys/${key.id}/rename`,
      `/keys/${key.id}/revoke`,
      '/keys/0000000000000000/revoke',
      '/keys/no/such',
      '/session-keys',
    ]
    for (const address of addresses) {
      for (const headers of [{}, { cookie }]) {
        const { headers: answered } = await site.app.inject({ url: address, headers })
        const policy = String(answered['content-security-policy'])
        t.match(policy, "frame-ancestors 'none'", address)
        t.match(policy, "default-src 'none'")
        t.notMatch(policy, 'unsafe')
        t.equal(answered['x-frame-options'], 'DENY')
        t.equal(answered['cache-control'], 'no-store')
        t.equal(answered['referrer-policy'], 'strict-origin')
        t.equal(answered['x-content-type-options'], 'nosniff')
      }
    }
  },
)

t.test('in a browser', async (t) => {
  const browser = await startBrowser(t)
  const page = await browser.person()
  await giveSession(page, url, session.cookie)
  const requested: string[] = []
  page.on('request', (request) => requested.push(request.url()))

  await t.test('threat 4: a page of another site cannot show ours in a frame', async (t) => {
    const other = await browser.person()
    await giveSession(other, url, session.cookie)
    await other.setContent(`<iframe src="${url}/keys"></iframe>`)
    const frame = await (await other.waitForSelector('iframe')).contentFrame()
    await frame?.waitForLoadState()
    t.equal(await frame?.getByText('External tool access').count(), 0)
  })

  await t.test('threat 5: scripts in descriptions and user names are text', async (t) => {
    for (const payload of payloads) {
      const made = await site.app.inject({
        method: 'POST',
        url: '/v1/api-keys',
        headers: session.headers,
        payload: { description: payload },
      })
      t.equal(made.statusCode, 201, payload)
    }
    await page.goto(`${url}/keys`)
    const names = await page.locator('#api-keys ~ ul .name strong').allTextContents()
    t.strictSame(names.filter((name) => payloads.includes(name)).toSorted(), payloads.toSorted())
    t.equal(await page.evaluate('typeof pwned'), 'undefined')
    for (const payload of payloads.slice(0, 8)) {
      const id = (await site.app.inject({ url: '/v1/api-keys', headers: session.headers }))
        .json()
        .items.find(({ description }: { description: string }) => description === payload)?.id
      await page.goto(`${url}/keys/${id}/rename`)
      t.equal(await page.getByLabel('Description').inputValue(), payload)
      t.equal(await page.evaluate('typeof pwned'), 'undefined', payload)
    }
    for (const payload of ['"><script>pwned=1</script>', '<img src=x onerror=pwned=1>']) {
      const person = await browser.person()
      await giveSession(person, url, (await site.cookieSession(payload)).cookie)
      await person.goto(`${url}/keys`)
      t.equal(await person.locator('.who').textContent(), payload)
      await generateKey(person, payload)
      t.match(await person.locator('#key-about').textContent(), payload)
      t.equal(await person.evaluate('typeof pwned'), 'undefined', 'nor on the page of a new key')
    }
    t.strictSame(
      requested.filter((address) => !address.startsWith(url)),
      [],
      'nothing was asked of any other site',
    )
  })

  await t.test(
    'threat 8: Back, forward and reload never show a key again, and never make another',
    async (t) => {
      const person = await browser.person()
      const owner = await site.cookieSession('bob')
      await giveSession(person, url, owner.cookie)
      await person.goto(`${url}/keys`)
      const secret = await generateKey(person, 'once')
      const shows = async () => (await person.content()).includes(secret)
      t.ok(await shows())
      person.on('dialog', async (dialog) => await dialog.accept())
      await person.reload()
      await person.getByRole('heading', { name: 'Shown already' }).waitFor()
      t.notOk(await shows(), 'reload')
      await person.getByRole('button', { name: 'To the keys' }).click()
      await person.getByRole('heading', { name: 'External tool access' }).waitFor()
      for (const step of ['goBack', 'goBack', 'goForward', 'goForward'] as const) {
        await person[step]({ waitUntil: 'commit' }).catch(() => null)
        t.notOk(await shows(), step)
      }
      const { items } = (await site.app.inject({ url: '/v1/api-keys', headers: owner.headers })).json()
      t.equal(items.length, 1)
    },
  )

  await t.test('after the sign-out, Back shows nothing of the account', async (t) => {
    const person = await browser.person()
    await giveSession(person, url, (await site.cookieSession('carol')).cookie)
    await person.goto(`${url}/keys`)
    await person.getByRole('button', { name: 'Sign out' }).click()
    await person.getByText('You are signed out.').waitFor()
    await person.goBack({ waitUntil: 'commit' })
    await person.getByRole('heading', { name: 'Sign in' }).waitFor()
    t.equal(await person.locator('.who').count(), 0)
  })
})

t.test('what belongs to the pages ends at their door', async (t) => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const post = await site.app.inject({
    method: 'POST',
    url: '/v1/session',
    headers: form,
    payload: 'user=ada&password=x',
  })
  t.equal(post.statusCode, 415, 'the API takes no forms')
  t.match(post.headers['content-type'], 'application/problem+json')
  const unknown = await site.app.inject({ url: '/v1/no-such', headers: { accept: 'text/html' } })
  t.match(unknown.json(), { code: 'not_found' })
  t.notOk(unknown.headers['content-security-policy'])
  const unsigned = await site.app.inject({ url: '/v1/me' })
  t.equal(unsigned.statusCode, 401, 'no redirect')
  const { paths } = (await site.app.inject({ url: '/docs/json' })).json()
  t.strictSame(
    Object.keys(paths).filter((path) => /^\/(?:keys|sign|assets|invitation)/.test(path)),
    [],
  )
})
