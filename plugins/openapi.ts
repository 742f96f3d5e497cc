/**
 * OpenAPI 3.1 from the routes' own schemas, and Swagger UI at /docs. Registered before the routes.
 */
import { fastifySwagger } from '@fastify/swagger'
import { fastifySwaggerUi } from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import type { Access } from '../domain/access.ts'
import { sharedSchemas } from '../schemas/index.ts'

export interface OpenapiPluginOptions {
  readonly publicUrl: string
  readonly version: string
}

const description = `Latchkey issues API keys for programs whose users sign in by SSO or with a second factor.

**Authorize** (the button) with an API key: user name \`apikey\`, password the key. Services use their own name and secret.
Every error is an RFC 9457 problem document with a permanent \`code\`.`

const tags = [
  { name: 'caller', description: 'Who am I.' },
  { name: 'api-keys', description: "A user's own API keys." },
  { name: 'sessions', description: 'Sign in and out, session keys, impersonation.' },
  { name: 'services', description: 'For other services: verify credentials, mint keys for users.' },
  { name: 'administration', description: 'Settings, users, services, revocation, audit log.' },
  { name: 'health', description: 'For orchestrators.' },
]

export const openapiPlugin = fp<OpenapiPluginOptions>(
  async (app, { publicUrl, version }) => {
    for (const schema of sharedSchemas) app.addSchema(schema)

    await app.register(fastifySwagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Latchkey',
          version,
          description,
          license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        },
        servers: [{ url: publicUrl }],
        tags,
        components: {
          securitySchemes: {
            key: { type: 'http', scheme: 'basic', description: 'User name `apikey`, password the API key.' },
            keyAsBearer: { type: 'http', scheme: 'bearer', description: 'The API key as a bearer token.' },
            keyAsHeader: {
              type: 'apiKey',
              in: 'header',
              name: 'apikey',
              description: 'The API key in a header.',
            },
            sessionCookie: {
              type: 'apiKey',
              in: 'cookie',
              name: publicUrl.startsWith('https:') ? '__Host-latchkey' : 'latchkey',
              description: 'The cookie of POST /v1/session; writes also need the header x-csrf-token.',
            },
            service: { type: 'http', scheme: 'basic', description: "The service's name and secret." },
          },
        },
      },
      refResolver: {
        buildLocalReference: (json, _baseUri, _fragment, index) => String(json.$id ?? `schema-${index}`),
      },
      transform: ({ schema, url, route }) => {
        const access = route.config?.access
        return { schema: { ...schema, security: securityOf(access) }, url }
      },
    })

    await app.register(async (docs) => {
      docs.addHook('onRoute', (route) => {
        route.config = { ...route.config, access: 'anyone' }
      })
      await docs.register(fastifySwaggerUi, {
        routePrefix: '/docs',
        staticCSP: true,
        // Without TLS it would make browsers ask for every script over TLS and show a blank page.
        transformStaticCSP: (policy) =>
          publicUrl.startsWith('https:') ? policy : policy.replace(' upgrade-insecure-requests;', ''),
        // persistAuthorization stays off: it would store the key in the browser in clear.
        uiConfig: { docExpansion: 'list', deepLinking: true, tryItOutEnabled: true },
      })
    })
  },
  { name: 'openapi', dependencies: ['access'], fastify: '5.x' },
)

function securityOf(access: Access | undefined): { [scheme: string]: string[] }[] {
  if (access === undefined || access === 'anyone') return []
  const forKeys = access.key === undefined ? [] : [{ key: [] }, { keyAsBearer: [] }, { keyAsHeader: [] }]
  const forSessions = access.session === undefined ? [] : [{ sessionCookie: [] }]
  const forServices = access.service === undefined ? [] : [{ service: [] }]
  return [...forSessions, ...forKeys, ...forServices]
}
