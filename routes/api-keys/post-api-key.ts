/** POST /v1/api-keys: a user mints an API key of their own. */
import type { App } from '../../app.ts'
import { mintOwnApiKey } from '../../domain/api-key-mint.ts'
import { MintedApiKey, NewApiKey } from '../../schemas/api-key.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { originOf, sessionCallerOf } from '../caller.ts'
import { mintedApiKeyOnWire } from '../wire.ts'

export function postApiKey(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/api-keys',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'postApiKey',
      tags: ['api-keys'],
      summary: 'Mint an API key',
      description: 'The secret is in this answer and nowhere else, ever. Refused while impersonating.',
      body: ref(NewApiKey),
      response: {
        201: { description: 'Minted. `secret` is shown only now.', ...ref(MintedApiKey) },
        ...writeProblems(
          'api_keys_not_allowed',
          'impersonating',
          'lifetime_too_long',
          'session_not_found',
          'api_key_limit_reached',
          'outcome_unknown',
        ),
      },
    },
    preValidation: async (request) => {
      request.body ??= {}
    },
    handler: async (request, reply) => {
      const { description = '', lifetimeDays = null } = request.body
      const caller = sessionCallerOf(request)
      const key = await mintOwnApiKey(app.core, caller, { description, lifetimeDays }, originOf(request))
      reply.code(201)
      return mintedApiKeyOnWire(key)
    },
  })
}
