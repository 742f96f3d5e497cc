// Where the secrets of sessions are shown: in the one answer that makes them, which is never stored; and nowhere else.

import { createHash } from 'node:crypto'
import t from 'tap'
import { everythingIn, send } from '../routes/evidence.ts'
import { startSessionSite } from '../support/session-site.ts'
import { signedInBy, testPassword } from '../support/sign-in.ts'

const site = await startSessionSite(t)
const { server } = site
type Answer = Awaited<ReturnType<typeof send>>

/** Every answer, by what was called, and every secret that one of them showed. */
const answers: (readonly [call: string, answer: Answer])[] = []
const secrets = new Map<string, string>()
const password = 'Ångström & Söhne, 1814'
const next = 'a password of another kind'

async function call(methodAndPath: string, headers = {}, body?: object): Promise<Answer> {
  const answer = await send(site, methodAndPath, headers, body)
  if (answer.statusCode >= 400) throw new Error(`${methodAndPath} ${answer.body}`)
  answers.push([methodAndPath, answer])
  return answer
}

async function everything(): Promise<void> {
  const invited = await call('POST /v1/admin/users', site.first, { user: 'boss', roles: ['user', 'admin'] })
  secrets.set('invitation', invited.json().invitation)
  const claimed = await call(
    'POST /v1/invitations/claim',
    {},
    { invitation: invited.json().invitation, password },
  )
  secrets.set('cookie of the claim', claimed.cookies[0]?.value ?? '')
  secrets.set('token of the claim', claimed.json().csrfToken)
  const signedIn = await call('POST /v1/session', {}, { user: 'boss', password })
  secrets.set('cookie', signedIn.cookies[0]?.value ?? '')
  secrets.set('token', signedIn.json().csrfToken)
  const { id, headers, renewedBy } = signedInBy(signedIn)
  await call('GET /v1/session', headers)
  await call('GET /v1/me', headers)
  await call('GET /v1/me/sessions', headers)
  const apiKey = await call('POST /v1/api-keys', headers, {})
  secrets.set('API key', apiKey.json().secret)
  const sessionKey = await call('POST /v1/session-keys', headers, {})
  secrets.set('session key', sessionKey.json().secret)
  const hosted = await call('POST /v1/users/ada/sessions', site.first, {})
  const hostedKey = await call(`POST /v1/sessions/${hosted.json().id}/session-keys`, site.first, {})
  secrets.set('session key of a host', hostedKey.json().secret)
  await call('GET /v1/session-keys', headers)
  await call(`GET /v1/sessions/${id}`, site.first)
  await call('GET /v1/users/boss/sessions', site.first)
  await call(`POST /v1/sessions/${id}/touch`, site.first)
  await call(`PATCH /v1/sessions/${id}`, site.first, { context: { phiLevel: 'full' } })
  await call('GET /v1/admin/sessions?user=boss', site.first)
  await call('POST /v1/verify', site.first, { credential: sessionKey.json().secret })
  await call('PUT /v1/me/password', headers, { present: password, next })
  const started = await call('POST /v1/session/impersonation', headers, { kind: 'user', name: 'ada' })
  secrets.set('cookie while impersonating', started.cookies[0]?.value ?? '')
  secrets.set('token while impersonating', started.json().csrfToken)
  const as = renewedBy(started)
  const stopped = await call('DELETE /v1/session/impersonation', as.headers)
  secrets.set('cookie afterwards', stopped.cookies[0]?.value ?? '')
  secrets.set('token afterwards', stopped.json().csrfToken)
  const again = renewedBy(stopped)
  await call(`DELETE /v1/session-keys/${sessionKey.json().id}`, again.headers)
  await call('DELETE /v1/session', again.headers)
  await call('DELETE /v1/users/boss/sessions', site.first)
}
await everything()

t.test('threat 8: every answer about credentials says that it is not to be stored', async (t) => {
  const refusedOnes = await Promise.all([
    send(site, 'POST /v1/session', {}, { user: 'boss', password: testPassword }),
    send(site, 'GET /v1/session', { cookie: `latchkey=${secrets.get('cookie')}` }),
    send(site, 'POST /v1/invitations/claim', {}, { invitation: 'x', password }),
    send(site, 'POST /v1/session', { 'content-type': 'text/plain' }, 'x'),
  ])
  for (const answer of refusedOnes) t.ok(answer.statusCode >= 400)
  for (const [called, answer] of [...answers, ...refusedOnes.map((answer) => ['refused', answer] as const)])
    t.equal(answer.headers['cache-control'], 'no-store', called)
})

t.test('threat 8: a secret is in the answer that makes it, to a POST, and in no other', async (t) => {
  // The CSRF token is shown to its own cookie again: GET /v1/session. Cookies are renewed by the end of impersonation, too.
  const mayShow = (what: string, called: string): boolean => {
    if (what.startsWith('token')) return /session$|impersonation$|claim$/.test(called)
    if (what.startsWith('cookie')) return /^(POST|DELETE) .*(session|impersonation|claim)$/.test(called)
    return called.startsWith('POST ')
  }
  for (const [what, secret] of secrets) {
    t.ok(secret.length >= 43, what)
    const shown = answers.filter(([, { body, headers }]) =>
      `${body}${JSON.stringify(headers)}`.includes(secret.slice(-30)),
    )
    t.ok(shown.length >= 1 && shown.length <= (what.startsWith('token') ? 2 : 1), `${what} ${shown.length}`)
    for (const [called] of shown) t.ok(mayShow(what, called), `${what} in ${called}`)
    if (what.startsWith('cookie'))
      t.notOk(
        answers.some(([, { body }]) => body.includes(secret.slice(-30))),
        `${what} is in no body`,
      )
  }
})

t.test('threat 7: only digests are in Redis, and nothing is in the log', async (t) => {
  const places = { Redis: await everythingIn(server), 'the log': site.logged.join('') }
  t.match(places.Redis, /lk:\{\w\}:s:/)
  t.match(places.Redis, /lk:\{\w\}:signin:/)
  t.ok(site.logged.length > answers.length)
  const typed = [password, next, testPassword].flatMap((text) => [
    text,
    text.normalize('NFKC'),
    text.normalize('NFD'),
  ])
  for (const [place, text] of Object.entries(places)) {
    for (const [what, secret] of secrets) {
      t.notOk(text.includes(secret.slice(-38, -6)), `${what} in ${place}`)
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const hash = createHash('sha256').update(secret).digest(encoding)
        t.notOk(text.includes(hash), `a plain hash of the ${what} in ${place}`)
      }
    }
    for (const secret of typed) t.notOk(text.includes(secret), `a password in ${place}`)
  }
  const digests = places.Redis.match(/\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/g) ?? []
  t.ok(digests.length >= 1)
  for (const digest of digests) {
    const [, memory, passes] = /m=(\d+),t=(\d+)/.exec(digest) ?? []
    t.ok(Number(memory) >= 19_456 && Number(passes) >= 2, digest)
  }
})
