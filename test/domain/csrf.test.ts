import { createSecretKey, randomBytes } from 'node:crypto'
import t from 'tap'
import { makeCredential, makeId } from '../../domain/credential.ts'
import { csrfTokenOf, isCsrfToken } from '../../domain/csrf.ts'
import { digestOf, type Pepper } from '../../domain/pepper.ts'

const pepperOf = (): Pepper => ({ number: 1, key: createSecretKey(randomBytes(32)) })
const pepper = pepperOf()
const cookieOf = (user = makeId(), session = makeId()) =>
  makeCredential('session', 'Site', { user, session }).secret

t.test('the token of a cookie is always the same, and another for every cookie and pepper', (t) => {
  const [user, session] = [makeId(), makeId()]
  const cookie = cookieOf(user, session)
  const token = csrfTokenOf(pepper, cookie)
  t.match(token, /^[\w-]{43}$/)
  t.equal(csrfTokenOf(pepper, cookie), token)
  t.not(csrfTokenOf(pepper, cookieOf(user, session)), token, 'a renewed cookie of the same session')
  t.not(csrfTokenOf(pepperOf(), cookie), token)
  t.not(csrfTokenOf(pepper, cookie), digestOf(pepper, cookie), 'it is not what is stored')
  t.end()
})

t.test('only the very token is taken', (t) => {
  const token = csrfTokenOf(pepper, cookieOf())
  t.equal(isCsrfToken(token, token), true)
  const wrong: readonly unknown[] = [
    csrfTokenOf(pepper, cookieOf()),
    token.slice(1),
    token.slice(0, -1),
    `${token} `,
    ` ${token}`,
    token.toUpperCase(),
    // As many characters, but more bytes.
    'é'.repeat(token.length),
    `${token.slice(0, -1)}é`,
    '',
    undefined,
    null,
    0,
    true,
    [token],
    [token, token],
    { toString: () => token },
  ]
  for (const presented of wrong) t.equal(isCsrfToken(presented, token), false, JSON.stringify(presented))
  t.end()
})
