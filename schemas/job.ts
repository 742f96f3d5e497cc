/**
 * Jobs on the wire: long work over many keys, and how far it is.
 */
import { type Static, Type } from 'typebox'
import { Time } from './common.ts'

export const Job = Type.Object(
  {
    id: Type.String({ examples: ['q1W2e3R4'] }),
    kind: Type.Unsafe<'remove-dead' | 'clamp' | 'revoke'>({
      type: 'string',
      enum: ['remove-dead', 'clamp', 'revoke'],
      description:
        '`remove-dead`: the clean-up after a revocation, which took effect before it began. `clamp`: bringing expiries ' +
        'forward to the policy. `revoke`: revoking what matches a filter, one by one; what is counted as done is final.',
    }),
    status: Type.Unsafe<'running' | 'ended'>({ type: 'string', enum: ['running', 'ended'] }),
    startedAt: Time,
    endedAt: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      format: 'date-time',
      description: 'null: running.',
    }),
    total: Type.Integer({
      description: 'Keys listed when the job began, expired ones not yet pruned included.',
    }),
    examined: Type.Integer({ description: 'Keys looked at so far.' }),
    done: Type.Integer({ description: 'Keys removed, shortened or revoked so far.' }),
  },
  {
    $id: 'Job',
    description: 'Long work over many keys. Any instance continues it; ended jobs are kept for a week.',
  },
)
export type Job = Static<typeof Job>
