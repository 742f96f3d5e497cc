/**
 * /admin/users/{user}: one user; the forms for roles and groups, and for a new link to set a password.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { liveApiKeysOf } from '../../domain/api-keys.ts'
import { Problem } from '../../domain/errors.ts'
import { invite } from '../../domain/invitations.ts'
import { isSentFirst, makeFormNonce } from '../../domain/sent-forms.ts'
import { listOwnSessions } from '../../domain/session-list.ts'
import { changeUser, checkStaysAdministrator, findUser, isOwnAccount, userTagOf } from '../../domain/users.ts'
import { UserPath } from '../../schemas/api-key.ts'
import type { UserRecord } from '../../store/records.ts'
import { Form, notice, noticeOf } from '../form-fields.ts'
import { originOf, sessionOf } from '../member.ts'
import { showPage } from '../show.ts'
import { nonceField, showNotAgain } from './shown-once.ts'
import { showLink } from './user-link.ts'
import { namesField, namesFormLimit, namesText, readNames } from './user-names.ts'
import { sessionsOfPath, userNotices, userPath, usersPath, userWith } from './user-paths.ts'

/** Refusals that are about what was typed, or about what somebody else did meanwhile. */
const shownAtForm = ['request_invalid', 'user_changed', 'own_account', 'record_contended']

const listsBody = Form({ roles: namesField, groups: namesField, tag: Type.String({ maxLength: 64 }) })

export function userPage(app: App): void {
  app.route({
    method: 'GET',
    url: `${usersPath}/:user`,
    config: { access: { session: 'admin' } },
    schema: { hide: true, params: UserPath, querystring: Type.Object({ notice }) },
    handler: async (request, reply) => {
      const { record } = await findUser(app.core, request.params.user)
      return await showUser(request, reply, record, { notice: noticeOf(userNotices, request.query.notice) })
    },
  })

  app.route({
    method: 'POST',
    url: `${usersPath}/:user`,
    bodyLimit: namesFormLimit,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, params: UserPath, body: listsBody },
    handler: async (request, reply) => {
      const { record: user } = await findUser(app.core, request.params.user)
      const { roles, groups, tag } = request.body
      try {
        const lists = { roles: readNames('role', roles), groups: readNames('group', groups) }
        checkStaysAdministrator(sessionOf(request), user, lists.roles)
        await changeUser(app.core, user.name, lists, originOf(request), tag)
      } catch (error) {
        if (!(error instanceof Problem) || !shownAtForm.includes(error.code)) throw error
        request.problemCode = error.code
        const { record: now } = await findUser(app.core, user.name)
        // A mistake of typing does not make what was read any newer.
        const lists = { roles, groups, tag: error.code === 'user_changed' ? userTagOf(now) : tag }
        return await showUser(request, reply.code(error.status), now, { lists, problem: error })
      }
      return reply.redirect(userWith(user.name, 'saved'), 303)
    },
  })

  app.route({
    method: 'POST',
    url: `${usersPath}/:user/link`,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, params: UserPath, body: Form({ nonce: nonceField }) },
    handler: async (request, reply) => {
      const { record: user } = await findUser(app.core, request.params.user)
      if (user.disabled) throw new Problem('owner_disabled', { detail: disabledDetail })
      if (!(await isSentFirst(app.core, sessionOf(request), request.body.nonce)))
        return await showNotAgain(request, reply, { section: 'users', back: userPath(user.name) })
      const invitation = await invite(app.core, user, originOf(request))
      return await showLink(request, reply, { user: user.name, ...invitation })
    },
  })
}

const disabledDetail = 'The user is disabled and gets no new link. Enable the user first.'

export interface UserView {
  readonly notice?: string | null
  /** As they were typed in a form that was refused; left out: as they are. */
  readonly lists?: { readonly roles: string; readonly groups: string; readonly tag: string }
  readonly problem?: Problem | null
  /** What was wrong with the wish to impersonate. */
  readonly impersonationProblem?: Problem | null
}

export async function showUser(
  request: FastifyRequest,
  reply: FastifyReply,
  user: UserRecord,
  { notice = null, lists, problem = null, impersonationProblem = null }: UserView,
): Promise<string> {
  const { core } = request.server
  const content = async () => {
    const [keys, sessions] = await Promise.all([liveApiKeysOf(core, user.id), listOwnSessions(core, user)])
    const present = { roles: namesText(user.roles), groups: namesText(user.groups), tag: userTagOf(user) }
    return {
      user,
      present,
      lists: lists ?? present,
      isChanged: problem?.code === 'user_changed',
      isOwn: isOwnAccount(sessionOf(request), user),
      counts: { keys: keys.length, sessions: sessions.length },
      path: userPath(user.name),
      sessionsPath: sessionsOfPath(user.name),
      nonce: makeFormNonce(),
      notice,
      listsProblem: problem,
      impersonationProblem,
    }
  }
  return await showPage(request, reply, {
    template: 'admin/user',
    title: user.name,
    section: 'users',
    content,
  })
}
