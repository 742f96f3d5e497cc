/** POST /v1/sessions/{id}/session-keys: a host application mints a key for a session. */
import type { App } from '../../app.ts'
import { mintSessionKey } from '../../domain/session-keys.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { MintedSessionKey, NewSessionKey, SessionPath } from '../../schemas/session.ts'
import { callerOf, originOf } from '../caller.ts'
import { mintedSessionKeyOnWire } from '../session-wire.ts'

export function postSessionKeyOfSession(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/sessions/:id/session-keys',
    config: { access: { service: 'sessions' } },
    schema: {
      operationId: 'postSessionKeyOfSession',
      tags: ['services'],
      summary: 'Mint a session key for a session',
      params: SessionPath,
      body: ref(NewSessionKey),
      response: {
        201: { description: 'Minted. `secret` is shown only now.', ...ref(MintedSessionKey) },
        ...writeProblems(
          'session_keys_not_allowed',
          'session_not_found',
          'session_key_limit_reached',
          'owner_disabled',
          'outcome_unknown',
        ),
      },
    },
    preValidation: async (request) => {
      request.body ??= {}
    },
    handler: async (request, reply) => {
      const { description = '' } = request.body
      const { id } = request.params
      const key = await mintSessionKey(app.core, callerOf(request), id, description, originOf(request))
      reply.code(201)
      return mintedSessionKeyOnWire(key)
    },
  })
}
