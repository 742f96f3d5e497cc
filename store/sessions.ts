/**
 * Sessions: one hash each, whose fields are the session's record, when it was last touched, and its session keys. One time
 * to live and one DEL: when the session goes, by timeout or sign-out, its keys are gone in the same instant.
 * Callers: domain/sessions.ts, domain/session-keys.ts, domain/impersonation.ts. Verification reads through the batch.
 */
import { type AuditEvent, auditArguments } from './audit.ts'
import { names, shardOf } from './names.ts'
import {
  parseRecord,
  type SessionKeyRecord,
  type SessionRecord,
  type Stored,
  stored,
  type UserRecord,
} from './records.ts'
import type { RedisAccess } from './redis.ts'
import { scripts } from './scripts.ts'

/** The fields of a session's hash. */
export const sessionFields = {
  record: 'session',
  /** Milliseconds since the epoch. */
  touched: 'touched',
  key: (key: string) => `key:${key}`,
} as const

export interface StoredSession extends Stored<SessionRecord> {
  /** When it was last used or touched, in milliseconds since the epoch. */
  readonly touchedMs: number
}

export interface SessionKey {
  readonly key: string
  readonly record: SessionKeyRecord
}

export type OpenOutcome = 'opened' | 'user-changed' | 'password-changed' | 'exists' | 'expired'
export type MintSessionKeyOutcome = 'minted' | 'changed' | 'limit' | 'exists'

export interface SessionStore {
  /** @param passwordDigest opens only while it is the user's; null: it was not by a password */
  open(
    owner: Stored<UserRecord>,
    session: string,
    record: SessionRecord,
    passwordDigest: string | null,
    event: AuditEvent,
  ): Promise<OpenOutcome>
  read(user: string, session: string): Promise<StoredSession | null>
  /** @returns false when there is no such session (any more): it is never re-created */
  touch(user: string, session: string, record: SessionRecord): Promise<boolean>
  /** @returns false when the record is another by now, or the session has ended */
  replace(
    user: string,
    session: string,
    before: Stored<SessionRecord>,
    after: SessionRecord,
    event: AuditEvent,
  ): Promise<boolean>
  /** @returns how many there were */
  end(user: string, sessions: readonly string[], event: AuditEvent): Promise<number>
  /** Ids (8 characters) of a user's sessions, ended ones that were not pruned yet included. */
  idsOfUser(user: string): Promise<readonly string[]>
  mintKey(
    user: string,
    session: string,
    before: Stored<SessionRecord>,
    key: SessionKey,
    limit: number,
    event: AuditEvent,
  ): Promise<MintSessionKeyOutcome>
  keys(user: string, session: string): Promise<readonly SessionKey[]>
  /**
   * Remembers, until the session's absolute end, that a form was sent.
   * @param form identifies it within the user's sessions
   * @returns false when it was remembered already
   */
  rememberForm(user: string, form: string, absoluteEnd: number): Promise<boolean>
  /** @returns whether there was one */
  revokeKey(user: string, session: string, key: string, event: AuditEvent): Promise<boolean>
}

export function createSessionStore(redis: RedisAccess): SessionStore {
  const audit = (user: string): string => names.auditOfShard(shardOf(user))
  return {
    async open(owner, session, record, passwordDigest, event) {
      const user = owner.record.id
      const reply = await redis.run(
        scripts.openSession,
        [
          names.user(user),
          names.session(user, session),
          names.sessionsOfUser(user),
          audit(user),
          ...(passwordDigest === null ? [] : [names.signIn(user)]),
        ],
        [
          owner.text,
          JSON.stringify(record),
          session,
          record.absoluteEnd,
          record.idle,
          ...auditArguments(event),
          ...(passwordDigest === null ? [] : [passwordDigest]),
        ],
      )
      return reply as OpenOutcome
    },
    async read(user, session) {
      const { record, touched } = sessionFields
      const reply = await redis.query('hmget', names.session(user, session), record, touched)
      const [text, touchedText] = reply as (string | null)[]
      return text == null ? null : { ...stored<SessionRecord>(text), touchedMs: Number(touchedText) }
    },
    async touch(user, session, { absoluteEnd, idle }) {
      return (
        (await redis.run(scripts.touchSession, [names.session(user, session)], [absoluteEnd, idle])) === 1
      )
    },
    async replace(user, session, before, after, event) {
      const reply = await redis.run(
        scripts.changeSession,
        [names.session(user, session), audit(user)],
        [before.text, JSON.stringify(after), ...auditArguments(event)],
      )
      return reply === 1
    },
    async end(user, sessions, event) {
      if (sessions.length === 0) return 0
      const hashes = sessions.map((session) => names.session(user, session))
      const keys = [names.sessionsOfUser(user), audit(user), ...hashes]
      return Number(await redis.run(scripts.endSessions, keys, [...auditArguments(event), ...sessions]))
    },
    async idsOfUser(user) {
      return (await redis.query('zrange', names.sessionsOfUser(user), 0, -1)) as string[]
    },
    async mintKey(user, session, before, { key, record }, limit, event) {
      const reply = await redis.run(
        scripts.mintSessionKey,
        [names.session(user, session), audit(user)],
        [before.text, sessionFields.key(key), JSON.stringify(record), limit, ...auditArguments(event)],
      )
      return reply as MintSessionKeyOutcome
    },
    async keys(user, session) {
      const reply = await redis.query('hgetall', names.session(user, session))
      const prefix = sessionFields.key('')
      return Object.entries(fieldsOf(reply))
        .filter(([field]) => field.startsWith(prefix))
        .map(([field, text]) => ({
          key: field.slice(prefix.length),
          record: parseRecord<SessionKeyRecord>(text),
        }))
    },
    async rememberForm(user, form, absoluteEnd) {
      return (await redis.write('set', names.sentForm(user, form), '1', 'NX', 'PXAT', absoluteEnd)) === 'OK'
    },
    async revokeKey(user, session, key, event) {
      const reply = await redis.run(
        scripts.revokeSessionKey,
        [names.session(user, session), audit(user)],
        [sessionFields.key(key), ...auditArguments(event)],
      )
      return reply === 1
    },
  }
}

/** A raw HGETALL is a flat list or a map, by protocol version. */
function fieldsOf(reply: unknown): Record<string, string> {
  if (!Array.isArray(reply)) return reply as Record<string, string>
  return Object.fromEntries(
    reply.flatMap((field, index) => (index % 2 === 0 ? [[field, reply[index + 1]]] : [])),
  )
}
