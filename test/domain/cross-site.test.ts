import t from 'tap'
import { type CrossSiteSigns, isCrossSiteWrite } from '../../domain/access.ts'

const publicUrl = 'https://keys.example.org'
const write: CrossSiteSigns = {
  method: 'POST',
  host: 'keys.example.org',
  origin: undefined,
  secFetchSite: undefined,
}
const judged = (signs: Partial<CrossSiteSigns>, url = publicUrl): boolean =>
  isCrossSiteWrite({ ...write, ...signs }, url)

t.test('threat 1: a write that a page of another site made is known by either header', (t) => {
  for (const method of [
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'QUERY',
    'TRACE',
    'CONNECT',
    'get',
    'Head',
    '',
    'GET ',
  ]) {
    t.equal(judged({ method, secFetchSite: 'cross-site' }), true, `${method}, Sec-Fetch-Site`)
    t.equal(judged({ method, origin: 'https://evil.example' }), true, `${method}, Origin`)
  }
  for (const secFetchSite of [
    'cross-site',
    'same-site',
    '',
    ' ',
    'Same-Origin',
    'none ',
    'same-origin, cross-site',
    'junk',
  ]) {
    t.equal(judged({ secFetchSite }), true, `Sec-Fetch-Site: ${secFetchSite}`)
    t.equal(judged({ secFetchSite, origin: publicUrl }), true, `the same with our own Origin`)
  }
  for (const origin of [
    'null',
    '',
    ' ',
    'https://evil.example',
    'https://keys.example.org.evil.example',
    'https://evil.example/https://keys.example.org',
    'https://keys.example.org@evil.example',
    'https://evilkeys.example.org',
    'https://example.org',
    'https://a.keys.example.org',
    'https://keys.example.org:8443',
    'https://keys.example.org:80',
    'https://keys.example.org.',
    'https://keys.example.org, https://evil.example',
    'https://keys.example.org https://evil.example',
    'keys.example.org',
    '//keys.example.org',
    'file://',
    'file:///keys.example.org',
    'data:text/html,x',
    'about:blank',
    'chrome-extension://keys',
    'https://',
    'https://[',
    '*',
    '\u0000',
    'x'.repeat(100_000),
  ]) {
    for (const secFetchSite of [undefined, 'same-origin', 'none']) {
      t.equal(judged({ origin, secFetchSite }), true, `Origin: ${origin.slice(0, 60)}, ${secFetchSite}`)
    }
    t.equal(judged({ origin, host: undefined }), true, 'no Host')
    t.equal(judged({ origin, host: '' }), true, 'an empty Host')
  }
  t.end()
})

t.test('threat 1: the plain HTTP twin of an https address is another site', (t) => {
  for (const origin of ['http://keys.example.org', 'ws://keys.example.org', 'ftp://keys.example.org']) {
    t.equal(judged({ origin }), true, origin)
    t.equal(judged({ origin, secFetchSite: 'same-origin' }), true, origin)
  }
  t.end()
})

t.test('what our own pages and programs send passes', (t) => {
  t.equal(judged({}), false, 'a program: neither header')
  t.equal(judged({ host: undefined }), false, 'a program without Host')
  for (const secFetchSite of ['same-origin', 'none', undefined]) {
    t.equal(judged({ secFetchSite }), false)
    t.equal(judged({ secFetchSite, origin: publicUrl }), false)
    t.equal(
      judged({ secFetchSite, origin: publicUrl, host: 'inside:3000' }),
      false,
      'behind a proxy that changes Host',
    )
    // Reached directly, by another name than the public one.
    t.equal(judged({ secFetchSite, origin: 'http://localhost:3000', host: 'localhost:3000' }), false)
    t.equal(judged({ secFetchSite, origin: 'http://[::1]:3000', host: '[::1]:3000' }), false)
    t.equal(judged({ secFetchSite, origin: 'https://inside', host: 'inside' }), false)
  }
  // The public address was left at its default, and TLS ends at a proxy.
  t.equal(judged({ origin: publicUrl }, 'http://localhost:3000'), false)
  t.end()
})

t.test(
  'reading is open to every page: it changes nothing, and browsers keep the answer from other sites',
  (t) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
      t.equal(judged({ method, origin: 'https://evil.example', secFetchSite: 'cross-site' }), false, method)
    }
    t.end()
  },
)
