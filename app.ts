/**
 * What is registered, in order, and nothing else. Shared infrastructure first (fp-wrapped: it reaches everything), then
 * the routes, each in a scope of its own.
 */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  fastify,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify'
import type { Config } from './config.ts'
import type { Core } from './domain/core.ts'
import { pages } from './pages/index.ts'
import { accessPlugin } from './plugins/access.ts'
import { accessLogPlugin } from './plugins/access-log.ts'
import { corePlugin } from './plugins/core.ts'
import { drainPlugin } from './plugins/drain.ts'
import { errorsPlugin, handleClientError, handleRoutingError } from './plugins/errors.ts'
import { jobsPlugin } from './plugins/jobs.ts'
import { openapiPlugin } from './plugins/openapi.ts'
import { createSerializerFactory } from './plugins/serialization.ts'
import { sessionCookiePlugin } from './plugins/session-cookie.ts'
import { sitePlugin } from './plugins/site.ts'
import { createValidatorFactory } from './plugins/validation.ts'
import { adminRoutes } from './routes/admin/index.ts'
import { apiKeyRoutes } from './routes/api-keys/index.ts'
import { healthRoutes } from './routes/health/index.ts'
import { deleteMySessions } from './routes/me/delete-sessions.ts'
import { getMe } from './routes/me/get-me.ts'
import { getMySessions } from './routes/me/get-sessions.ts'
import { putPassword } from './routes/me/put-password.ts'
import { sessionRoutes } from './routes/session/index.ts'
import { hostSessionRoutes } from './routes/sessions/index.ts'
import { getSettingsPreview } from './routes/settings/get-preview.ts'
import { getSettings } from './routes/settings/get-settings.ts'
import { putSettings } from './routes/settings/put-settings.ts'
import { postApiKeyOfUser } from './routes/users/post-api-key.ts'
import { postVerify } from './routes/verify/post-verify.ts'
import type { LastUsed } from './store/last-used.ts'

/** A Fastify instance whose handlers take their types from the TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export interface AppOptions {
  readonly config: Pick<Config, 'publicUrl' | 'trustedProxies' | 'mayUseInsecureCookies'>
  readonly core: Core
  readonly lastUsed: LastUsed
  readonly logger: FastifyBaseLogger
  readonly version: string
}

/** 128 KiB: above the largest body we take (1,000 ids), below what hurts. */
const bodyLimit = 131_072
/** A user name of 128 characters, each up to four bytes, percent-encoded. */
const maxParamLength = 128 * 12

export async function buildApp({ config, core, lastUsed, logger, version }: AppOptions): Promise<App> {
  const app: App = fastify<RawServerDefault>({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    routerOptions: { maxParamLength },
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    // Requests on connections that are open already are served until they close (server.ts drains).
    return503OnClosing: false,
    frameworkErrors: handleRoutingError,
    clientErrorHandler: handleClientError,
    schemaController: {
      compilersFactory: {
        buildValidator: createValidatorFactory(),
        buildSerializer: createSerializerFactory(),
      },
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  // JSON only: a form or text/plain body is what a page of another site can send without asking (threat 16).
  app.removeContentTypeParser('text/plain')

  await app.register(drainPlugin)
  await app.register(errorsPlugin, { realm: `Latchkey at ${new URL(config.publicUrl).host}` })
  await app.register(corePlugin, { core, lastUsed, publicUrl: config.publicUrl })
  await app.register(sessionCookiePlugin, {
    publicUrl: config.publicUrl,
    mayBeInsecure: config.mayUseInsecureCookies,
  })
  await app.register(accessPlugin, { publicUrl: config.publicUrl })
  await app.register(accessLogPlugin)
  await app.register(jobsPlugin)
  await app.register(sitePlugin)
  await app.register(openapiPlugin, { publicUrl: config.publicUrl, version })

  await app.register(healthRoutes)
  await app.register(async (v1: App) => {
    getMe(v1)
    putPassword(v1)
    getMySessions(v1)
    deleteMySessions(v1)
    getSettings(v1)
    putSettings(v1)
    getSettingsPreview(v1)
    postApiKeyOfUser(v1)
    postVerify(v1)
  })
  await app.register(apiKeyRoutes)
  await app.register(sessionRoutes)
  await app.register(hostSessionRoutes)
  await app.register(adminRoutes)
  await app.register(pages)
  return app
}
