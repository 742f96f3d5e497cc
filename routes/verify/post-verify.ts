/** POST /v1/verify: a service asks about a credential it received. */
import type { App } from '../../app.ts'
import { catalogue } from '../../domain/errors.ts'
import { sourceOf } from '../../domain/source.ts'
import type { Verdict } from '../../domain/verification.ts'
import { ref } from '../../schemas/common.ts'
import { writeProblems } from '../../schemas/problem.ts'
import { Verdict as VerdictOnWire, VerificationRequest } from '../../schemas/verdict.ts'
import { callerOnWire } from '../wire.ts'

export function postVerify(app: App): void {
  app.route({
    method: 'POST',
    url: '/v1/verify',
    config: { access: { service: 'verify' } },
    schema: {
      operationId: 'postVerify',
      tags: ['services'],
      summary: 'Verify a credential',
      description:
        '200 either way; look at `active`. The truth of this very moment: nothing is cached anywhere.',
      body: ref(VerificationRequest),
      response: { 200: ref(VerdictOnWire), ...writeProblems() },
    },
    handler: async (request) => {
      const verdict = await app.core.verifier.verify(request.body.credential, [
        'api-key',
        'session-key',
        'session',
      ])
      request.verified = loggedVerdict(verdict)
      const source = verdict.active ? null : sourceOf(request.ip)
      app.useCounts.note(verdict.active ? 'accepted' : verdict.code, source, Date.now())
      if (!verdict.active) {
        const { code } = verdict
        return { active: false, code, detail: catalogue[code].detail }
      }
      if (verdict.caller.kind === 'api-key') app.lastUsed.note(verdict.caller.id, verdict.atMs)
      return callerOnWire(verdict.caller)
    },
  })
}

function loggedVerdict(verdict: Verdict) {
  if (!verdict.active) return { id: verdict.id, user: null, code: verdict.code }
  const { caller } = verdict
  return { id: caller.id, user: caller.kind === 'service' ? null : caller.user.name, code: null }
}
