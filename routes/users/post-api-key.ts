/** POST /v1/users/{user}/api-keys: a service mints an API key for a user. */
import type { App } from '../../app.ts'
import { mintApiKeyFor } from '../../domain/api-key-mint.ts'
import { MintedApiKey, NewApiKeyFor, UserPath } from '../../schemas/api-key.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { callerOf, originOf } from '../caller.ts'
import { mintedApiKeyOnWire } from '../wire.ts'

export function postApiKeyOfUser(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/users/:user/api-keys',
    config: { access: { service: 'mint' } },
    schema: {
      operationId: 'postApiKeyOfUser',
      tags: ['services'],
      summary: 'Mint an API key for a user',
      description:
        'A user who is not known yet is created with the role `user`. For an administrator the service also needs ' +
        'the permission `admin`. The secret is in this answer and nowhere else, ever. The body may be left out.',
      params: UserPath,
      body: ref(NewApiKeyFor),
      response: {
        201: { description: 'Minted. `secret` is shown only now.', ...ref(MintedApiKey) },
        ...writeProblems(
          'api_keys_not_allowed',
          'lifetime_too_long',
          'session_not_found',
          'impersonating',
          'api_key_limit_reached',
          'owner_disabled',
          'outcome_unknown',
        ),
      },
    },
    preValidation: async (request) => {
      // Nothing to say about the key is said by no body at all.
      request.body ??= {}
    },
    handler: async (request, reply) => {
      const { description = '', lifetimeDays = null, session = null } = request.body
      const order = { description, lifetimeDays }
      const { user } = request.params
      const key = await mintApiKeyFor(app.core, callerOf(request), user, order, session, originOf(request))
      reply.code(201)
      return mintedApiKeyOnWire(key)
    },
  })
}
