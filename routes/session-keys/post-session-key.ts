/** POST /v1/session-keys: mint a key for this session. */
import type { App } from '../../app.ts'
import { mintSessionKey } from '../../domain/session-keys.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { MintedSessionKey, NewSessionKey } from '../../schemas/session.ts'
import { originOf, sessionCallerOf } from '../caller.ts'
import { mintedSessionKeyOnWire } from '../session-wire.ts'

export function postSessionKey(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/session-keys',
    config: { access: { session: 'any' } },
    schema: {
      operationId: 'postSessionKey',
      tags: ['sessions'],
      summary: 'Mint a session key',
      description:
        'It runs in the context of this session, impersonation included, and ends with it. Its use does not extend it.',
      body: ref(NewSessionKey),
      response: {
        201: { description: 'Minted. `secret` is shown only now.', ...ref(MintedSessionKey) },
        ...writeProblems(
          'session_keys_not_allowed',
          'session_not_found',
          'session_key_limit_reached',
          'outcome_unknown',
        ),
      },
    },
    preValidation: async (request) => {
      request.body ??= {}
    },
    handler: async (request, reply) => {
      const caller = sessionCallerOf(request)
      const { description = '' } = request.body
      const key = await mintSessionKey(app.core, caller, caller.id, description, originOf(request))
      reply.code(201)
      return mintedSessionKeyOnWire(key)
    },
  })
}
