import t from 'tap'
import { signInAs, testPassword } from '../support/sign-in.ts'
import { startSite } from '../support/site.ts'
import { openSignInForm, sendForm } from './form.ts'

const site = await startSite(t)
await signInAs(site, 'ada')
const right = { user: 'ada', password: testPassword }

t.test('threat 2: a forged sign-in form is refused, even with a token of somebody else', async (t) => {
  const victim = await openSignInForm(site)
  const attacker = await openSignInForm(site)
  const forgeries: readonly [string, Record<string, string>, Record<string, string>][] = [
    ['no token, no cookie', right, {}],
    ['no token', right, { cookie: victim.cookie }],
    ['an empty token', { ...right, _csrf: '' }, { cookie: victim.cookie }],
    ["the attacker's token", { ...right, _csrf: attacker.csrf }, { cookie: victim.cookie }],
    ["the attacker's token without a cookie", { ...right, _csrf: attacker.csrf }, {}],
    [
      'the cookie itself as the token',
      { ...right, _csrf: victim.cookie.slice(14) },
      { cookie: victim.cookie },
    ],
    [
      'the right pair from another site',
      { ...right, _csrf: victim.csrf },
      { cookie: victim.cookie, origin: 'https://evil.example' },
    ],
    [
      'the right pair, said to be cross-site',
      { ...right, _csrf: victim.csrf },
      { cookie: victim.cookie, 'sec-fetch-site': 'cross-site' },
    ],
  ]
  for (const [what, fields, headers] of forgeries) {
    const answer = await sendForm(site, '/sign-in', fields, headers)
    t.equal(answer.statusCode, 403, what)
    t.notMatch(answer.cookies, [{ name: 'latchkey' }], `${what}: nobody is signed in`)
    t.match(answer.headers['content-type'], 'text/html')
  }
  const answer = await sendForm(site, '/sign-in', { ...right, _csrf: victim.csrf }, { cookie: victim.cookie })
  t.equal(answer.statusCode, 303, 'the genuine form signs in')
  t.match(answer.cookies, [{ name: 'latchkey', httpOnly: true, sameSite: 'Lax', path: '/' }])
})

t.test('threat 29: a sign-in leads to a path of this site and nowhere else', async (t) => {
  const elsewhere = [
    'https://evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/%2f/evil.example',
    '/%5cevil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/keys/../..//evil.example',
    '@evil.example',
    '/@evil.example',
    'evil.example',
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    '/\tevil.example',
    '/\n/evil.example',
    '\u0000//evil.example',
    ' //evil.example',
    '/keys//evil.example',
    '/keys?next=//evil.example',
    '/keys#//evil.example',
    '/\u2044evil',
    'https:evil.example',
    'https:/evil.example',
    '/keys\r\nlocation: https://evil.example',
    '／／evil.example',
    `/${'a'.repeat(300)}`,
    '/',
    '',
  ]
  const { csrf, cookie } = await openSignInForm(site)
  for (const to of elsewhere) {
    const answer = await sendForm(site, '/sign-in', { ...right, _csrf: csrf, to }, { cookie })
    t.equal(answer.statusCode, 303, JSON.stringify(to))
    t.equal(answer.headers.location, '/keys', JSON.stringify(to))
    const form = await site.app.inject({ url: `/sign-in?${new URLSearchParams({ to })}` })
    t.notMatch(form.body, 'name="to"', `${JSON.stringify(to)} is not even on the form`)
  }
  const answer = await sendForm(site, '/sign-in', { ...right, _csrf: csrf, to: '/password' }, { cookie })
  t.equal(answer.headers.location, '/password', 'a page of ours is taken')
})

t.test('who is not signed in is led to the sign-in and back; nothing of an address is echoed', async (t) => {
  const cases: readonly [string, string][] = [
    ['/keys', '/sign-in'],
    ['/password', '/sign-in?to=%2Fpassword'],
    ['/admin/settings', '/sign-in?to=%2Fadmin%2Fsettings'],
    ['/password?x=//evil.example', '/sign-in'],
    ['/keys/0123456789abcdef/revoke', '/sign-in?to=%2Fkeys%2F0123456789abcdef%2Frevoke'],
  ]
  for (const [url, location] of cases) {
    const answer = await site.app.inject({ url })
    t.equal(answer.statusCode, 303, url)
    t.equal(answer.headers.location, location)
    t.notOk(answer.headers['www-authenticate'], 'no dialog of the browser')
  }
  const ended = await site.app.inject({ url: '/keys', headers: { cookie: 'latchkey=nonsense' } })
  t.equal(ended.headers.location, '/sign-in?notice=ended')
  const post = await sendForm(site, '/keys', { description: '' })
  t.equal(post.headers.location, '/sign-in', 'a write is not repeated after the sign-in')
})

t.test(
  'a refused sign-in says the same for a wrong password and an unknown user, and never shows the password',
  async (t) => {
    const { csrf, cookie } = await openSignInForm(site)
    const answers = []
    for (const user of ['ada', 'nobody']) {
      const answer = await sendForm(
        site,
        '/sign-in',
        { user, password: 'wrong horse <b>', _csrf: csrf },
        { cookie },
      )
      t.equal(answer.statusCode, 401)
      t.match(answer.body, 'The user name or the password is wrong, or the user is disabled.')
      t.notMatch(answer.body, 'wrong horse')
      answers.push(answer.body.replace(`value="${user}"`, ''))
    }
    t.equal(answers[0], answers[1])
  },
)

t.test('too many tries are refused on the page, too, with the time to wait', async (t) => {
  const { csrf, cookie } = await openSignInForm(site)
  let answer = await sendForm(site, '/sign-in', { user: 'eve', password: 'x', _csrf: csrf }, { cookie })
  for (let tries = 0; tries < 8 && answer.statusCode !== 429; tries++) {
    answer = await sendForm(site, '/sign-in', { user: 'eve', password: 'x', _csrf: csrf }, { cookie })
  }
  t.equal(answer.statusCode, 429)
  t.match(answer.headers['retry-after'], /^\d+$/)
  t.match(answer.body, /Too many tries\. Wait \d+ s/)
})
