/** POST /v1/admin/api-keys/revoke: the selected API keys, all of a user, all that match a filter, or all on the site. */
import type { App } from '../../../app.ts'
import { startMatchingRevocation } from '../../../domain/matching-revocation.ts'
import { revokeAllApiKeys, revokeApiKeys, revokeApiKeysOfUser } from '../../../domain/revocation.ts'
import { Revocation, Revoked } from '../../../schemas/api-key.ts'
import { ref } from '../../../schemas/common.ts'
import { writeProblems } from '../../../schemas/problem.ts'
import { originOf } from '../../caller.ts'
import { jobOnWire } from '../../wire.ts'
import { filterOf } from './filter.ts'

export function postRevocation(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/admin/api-keys/revoke',
    config: { access: { key: 'admin', session: 'admin', service: 'revoke' } },
    schema: {
      operationId: 'postRevocation',
      tags: ['administration'],
      summary: 'Revoke selected API keys, all of a user, all that match, or all on the site',
      description:
        'Final on every instance once answered. All on the site is one write; `job` tells how far the removal of the ' +
        'dead records is. All that match a filter are revoked one by one by a job: each is final once the job counts it ' +
        'as done, and all are when it has ended. Keys made after the order are not concerned.',
      body: ref(Revocation),
      response: {
        200: ref(Revoked),
        ...writeProblems(
          'user_name_invalid',
          'site_name_mismatch',
          'user_not_found',
          'record_contended',
          'outcome_unknown',
        ),
      },
    },
    handler: async (request) => {
      const { body } = request
      const origin = originOf(request)
      if ('ids' in body) return { revoked: await revokeApiKeys(app.core, body.ids, origin) }
      if ('user' in body) return { revoked: await revokeApiKeysOfUser(app.core, body.user, origin) }
      const job =
        'matching' in body
          ? await startMatchingRevocation(app.core, filterOf(body.matching), origin)
          : await revokeAllApiKeys(app.core, body.site, origin)
      app.continueJobs()
      return { revoked: job.kind === 'revoke' ? 0 : job.total, job: jobOnWire(job) }
    },
  })
}
