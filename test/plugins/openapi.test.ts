// The OpenAPI document and Swagger UI: complete, valid and silent about what is nobody's business. Whether the document
// is true to the routes: openapi-answers.

import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import { assertProblem, send } from '../routes/evidence.ts'
import { publicUrl, startSite } from '../support/site.ts'
import { isGuarded, readDocument } from './document.ts'

const site = await startSite(t)
const { text, document, operations } = await readDocument(site)

t.test('the document is valid OpenAPI 3.1 and names the server that users see', async (t) => {
  const { valid, errors } = await new Validator().validate(JSON.parse(text))
  t.equal(valid, true, JSON.stringify(errors))
  t.match(document.openapi, /^3\.1\./)
  t.same(document.servers, [{ url: publicUrl }])
  const answer = await send(site, 'GET /docs/json')
  t.equal(answer.statusCode, 200)
  t.match(answer.headers['content-type'], /^application\/json\b/)
})

t.test('every route is in the document, and nothing else', async (t) => {
  const documented = operations.map(({ method, path }) => `${method} ${path}`)
  const routed = routesOf(site.app.printRoutes({ commonPrefix: false }))
    .filter((route) => !/^HEAD /.test(route) && !noApi.test(route))
    .map((route) => route.replace(/:(\w+)/g, '{$1}'))
  t.ok(routed.length >= 18, 'the routes were read')
  t.same(documented.toSorted(), routed.toSorted())
})

/** Swagger UI, and the pages with their forms. Fastify's tree leaves out what stands before a wildcard. */
const noApi =
  /^\w+ \/(?:\*?$|(?:admin|docs|assets|impersonation|invitation|keys|password|session|session-keys|sign-in|sign-out)(?:[/*]|$))/

/** `METHOD /path` of each line of Fastify's tree of routes: a branch is four characters wide. */
function routesOf(tree: string): readonly string[] {
  const above: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] =
      /^((?:│? +)*)[├└]── (\S*) \(([A-Z, ]+)\)$/.exec(line) ?? []
    if (part === '') return []
    const depth = indent.length / 4
    above.splice(depth, above.length, part)
    return methods.split(', ').map((method) => `${method} ${above.join('')}`)
  })
}

t.test('every operation has an id of its own, a declared tag and a summary', async (t) => {
  const ids = operations.map(({ operationId }) => operationId)
  t.equal(new Set(ids).size, ids.length)
  const declared = document.tags.map(({ name }) => name)
  for (const { operationId, tags, summary } of operations) {
    t.match(operationId, /^[a-z]+[A-Za-z]+$/)
    t.ok(tags.length > 0 && tags.every((tag) => declared.includes(tag)), `${operationId}: ${tags}`)
    t.ok(summary.length > 3, operationId)
  }
})

t.test('every operation declares what any of its kind can answer', async (t) => {
  for (const operation of operations) {
    const { operationId, method, path, responses } = operation
    const expected = ['431', '500', '503']
    if (isGuarded(operation)) expected.push('401', '403')
    if (path.includes('{')) expected.push('400')
    // A body comes with any write, asked for or not, and is looked at.
    if (method !== 'GET') expected.push('400', '413', '415')
    const missing = expected.filter((status) => !(status in responses))
    t.same(missing, [], `${operationId}: ${method} ${path}`)
    t.ok(Object.keys(responses).some((status) => status.startsWith('2')))
    for (const [status, { content = {} }] of Object.entries(responses)) {
      if (Number(status) >= 400) t.same(Object.keys(content), ['application/problem+json'])
    }
  }
})

t.test('both kinds of caller have their scheme, and components have names', async (t) => {
  const { schemas, securitySchemes } = document.components
  t.match(securitySchemes, {
    key: { type: 'http', scheme: 'basic' },
    keyAsBearer: { type: 'http', scheme: 'bearer' },
    keyAsHeader: { type: 'apiKey', in: 'header', name: 'apikey' },
    service: { type: 'http', scheme: 'basic' },
  })
  for (const name of Object.keys(schemas)) t.match(name, /^[A-Z][A-Za-z]+$/)
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference)
  t.ok(references.length > operations.length)
  for (const reference of new Set(references)) {
    t.ok(reference.replace('#/components/schemas/', '') in schemas, reference)
  }
})

t.test('no schema and no example shows what is stored: digests, peppers, generations', async (t) => {
  const members = membersIn(document.components.schemas)
  t.ok(members.includes('expiresAt'), 'the members were found')
  t.same(
    members.filter((name) => /digest|pepper|generation|hash|^(d|p|ug|sg|v)$/i.test(name)),
    [],
  )
  const examples = JSON.stringify(examplesIn(document))
  t.ok(examples.includes('ada@example.org'), 'examples were found')
  t.notMatch(examples, /digest|pepper|generation|hmac/i)
  t.notMatch(text, /lk[a-z]_[0-9A-Za-z]{8,}/, 'nor a whole credential')
})

/** Names of all properties, however deep. */
function membersIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => [
    ...(name === 'properties' ? Object.keys(member) : []),
    ...membersIn(member),
  ])
}

function examplesIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    /^examples?$/.test(name) ? [member] : examplesIn(member),
  )
}

t.test(
  'Swagger UI is served with a policy that lets no foreign script in, and works over plain HTTP',
  async (t) => {
    for (const path of ['/docs', '/docs/']) {
      const page = await send(site, `GET ${path}`)
      t.equal(page.statusCode, 200)
      t.match(page.headers['content-type'], /^text\/html\b/)
      const policy = String(page.headers['content-security-policy'])
      t.match(policy, /default-src 'self'/)
      t.match(policy, /script-src 'self'\s*;/)
      t.match(policy, /object-src 'none'/)
      t.match(policy, /frame-ancestors '(self|none)'/)
      t.notMatch(policy, /unsafe-(inline|eval)/)
      // Without TLS a browser would ask for every script over TLS, and show a blank page.
      t.notMatch(policy, 'upgrade-insecure-requests')

      const assets = [...page.body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, address = '']) => address)
      t.ok(assets.length >= 4, `${assets.length} assets`)
      for (const asset of assets) {
        const { pathname, origin } = new URL(asset, `${publicUrl}/docs/`)
        t.equal(origin, publicUrl, 'nothing comes from elsewhere')
        const answer = await send(site, `GET ${pathname}`)
        t.equal(answer.statusCode, 200, pathname)
        t.match(answer.headers['content-type'], /^(text\/css|(text|application)\/javascript|image\/png)\b/)
      }
    }
  },
)

t.test(
  'threat 40: Swagger UI keeps no credential, asks no foreign validator and shows anonymous no data',
  async (t) => {
    await site.mint('hidden@example.org')
    const { body } = await send(site, 'GET /docs/static/swagger-initializer.js')
    t.match(body, 'SwaggerUIBundle')
    t.notMatch(body, /persistAuthorization["']?\s*:\s*true/)
    t.match(body, /validatorUrl: null/)
    for (const path of ['/docs/json', '/docs/yaml', '/docs/static/swagger-initializer.js']) {
      t.notMatch((await send(site, `GET ${path}`)).body, 'hidden@example.org')
    }
    assertProblem(t, await send(site, 'GET /docs/static/no-such-file.js'), 'not_found')
  },
)
