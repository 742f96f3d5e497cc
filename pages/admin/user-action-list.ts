/**
 * What may be done to a user after a question: what the question says, and what is done then.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { liveApiKeysOf } from '../../domain/api-keys.ts'
import { revokeApiKeysOfUser } from '../../domain/revocation.ts'
import { listOwnSessions } from '../../domain/session-list.ts'
import { endSessionsOfUser } from '../../domain/sessions.ts'
import { removeUser } from '../../domain/user-deletion.ts'
import { changeUser } from '../../domain/users.ts'
import type { UserRecord } from '../../store/records.ts'
import { originOf, sessionOf } from '../member.ts'
import { signInPath } from '../paths.ts'
import type { Question } from './confirm.ts'
import { usersPath, userWith } from './user-paths.ts'

type Words = Pick<Question, 'title' | 'sentences' | 'button' | 'isDangerous' | 'typed'>

export interface UserAction {
  readonly name: string
  readonly isForOthersOnly?: true
  ask(request: FastifyRequest, user: UserRecord): Words | Promise<Words>
  /** @returns where to go then */
  act(request: FastifyRequest, reply: FastifyReply, user: UserRecord): Promise<string>
}

export const userActions: readonly UserAction[] = [
  {
    name: 'disable',
    isForOthersOnly: true,
    ask: () => ({
      title: 'Disable this user?',
      sentences: [
        'All credentials of this user are refused at once, on every instance: API keys, sessions and their keys, and the password.',
        'Nothing is deleted. Once the user is enabled again, what has not expired or been revoked works as before.',
      ],
      button: 'Disable',
      isDangerous: true,
    }),
    async act(request, _reply, { name }) {
      await changeUser(request.server.core, name, { disabled: true }, originOf(request))
      return userWith(name, 'disabled')
    },
  },
  {
    name: 'enable',
    ask: () => ({
      title: 'Enable this user?',
      sentences: [
        'The credentials of this user that have not expired or been revoked work again at once: API keys, sessions, the password.',
      ],
      button: 'Enable',
      isDangerous: false,
    }),
    async act(request, _reply, { name }) {
      await changeUser(request.server.core, name, { disabled: false }, originOf(request))
      return userWith(name, 'enabled')
    },
  },
  {
    name: 'revoke-keys',
    ask: async ({ server }, { id }) => ({
      title: 'Revoke all API keys of this user?',
      sentences: [
        `${count((await liveApiKeysOf(server.core, id)).length, 'API key')} would be revoked, and any made in the meantime.`,
        'Programs that use them are refused from the next moment on. This cannot be undone.',
      ],
      button: 'Revoke all',
      isDangerous: true,
    }),
    async act(request, _reply, { name }) {
      await revokeApiKeysOfUser(request.server.core, name, originOf(request))
      return userWith(name, 'revoked')
    },
  },
  {
    name: 'sign-out',
    ask: async (request, user) => ({
      title: 'Sign this user out everywhere?',
      sentences: [
        `${count((await listOwnSessions(request.server.core, user)).length, 'session')} would end, with all session keys. API keys stay.`,
        ...(isMine(request, user)
          ? ['Your present session is one of them: you are signed out here, too.']
          : []),
      ],
      button: 'Sign out everywhere',
      isDangerous: true,
    }),
    async act(request, reply, user) {
      await endSessionsOfUser(request.server.core, user.name, originOf(request))
      if (!isMine(request, user)) return userWith(user.name, 'out')
      request.server.sessionCookie.clear(reply)
      return `${signInPath}?notice=out`
    },
  },
  {
    name: 'delete',
    isForOthersOnly: true,
    ask: async ({ server }, { id }) => ({
      title: 'Delete this user?',
      sentences: [
        `The user is deleted, with ${count((await liveApiKeysOf(server.core, id)).length, 'API key')}, all sessions and the password. What the audit log says of the user stays.`,
        'This cannot be undone. A later user of the same name is a new one.',
      ],
      typed: { name: 'typed', label: 'Type the name of the user' },
      button: 'Delete',
      isDangerous: true,
    }),
    async act(request, _reply, { name }) {
      await removeUser(request.server.core, name, originOf(request))
      return `${usersPath}?notice=deleted`
    },
  },
]

/** Whether the session of this request is the user's own. */
function isMine(request: FastifyRequest, { id }: UserRecord): boolean {
  return sessionOf(request).session.user === id
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
