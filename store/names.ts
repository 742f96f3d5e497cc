/**
 * Every Redis name of Latchkey, and nothing else. What stands between braces is the Cluster hash tag: all names of a
 * user, and the lists and audit log of that user's shard, share the tag of the shard and so one slot; names of the
 * whole site share `{site}`.
 */
import { base62Alphabet } from '../domain/base62.ts'

/** The 62 shards: the first character of a user id. */
export const shards: readonly string[] = [...base62Alphabet]

export function shardOf(user: string): string {
  return user.charAt(0)
}

const ofShard = (shard: string, rest: string): string => `lk:{${shard}}:${rest}`
const ofUser = (user: string, rest: string): string => ofShard(shardOf(user), rest)

export const names = {
  user: (user: string) => ofUser(user, `u:${user}`),
  /** Marks the id of a deleted user, so that nobody creates it anew. */
  deletedUser: (user: string) => ofUser(user, `deleted:${user}`),
  apiKey: (user: string, key: string) => ofUser(user, `k:${user}:${key}`),
  apiKeysOfUser: (user: string) => ofUser(user, `keys:${user}`),
  signIn: (user: string) => ofUser(user, `signin:${user}`),
  session: (user: string, session: string) => ofUser(user, `s:${user}:${session}`),
  /** Marks a form of a session that was sent already. */
  sentForm: (user: string, form: string) => ofUser(user, `form:${user}:${form}`),
  sessionsOfUser: (user: string) => ofUser(user, `sessions:${user}`),
  allApiKeys: (shard: string) => ofShard(shard, 'all-keys'),
  expiries: (shard: string) => ofShard(shard, 'expiries'),
  users: (shard: string) => ofShard(shard, 'users'),
  auditOfShard: (shard: string) => ofShard(shard, 'audit'),
  lastUsed: (shard: string) => ofShard(shard, 'used'),
  userId: (foldedUserName: string) => `lk:name:${foldedUserName}`,
  knownAddress: (pair: string) => `lk:known:${pair}`,
  tries: (counter: string) => `lk:tries:${counter}`,
  site: 'lk:{site}:site',
  service: (service: string) => `lk:{site}:service:${service}`,
  services: 'lk:{site}:services',
  lastUsedOfServices: 'lk:{site}:used',
  auditOfSite: 'lk:{site}:audit',
  keyNumbers: 'lk:{site}:numbers',
  /** `day` is YYYY-MM-DD, UTC. */
  verificationsOfDay: (day: string) => `lk:{site}:verifications:${day}`,
  refusalsOfDay: (day: string) => `lk:{site}:refusals:${day}`,
  jobs: 'lk:{site}:jobs',
  jobLease: (job: string) => `lk:{site}:job-lease:${job}`,
} as const
