/**
 * POST /admin/users: invite a user, which shows the link once.
 */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { Problem } from '../../domain/errors.ts'
import { type InvitedUser, inviteUser } from '../../domain/invitations.ts'
import { isSentFirst } from '../../domain/sent-forms.ts'
import { findUser, foldUserName } from '../../domain/users.ts'
import { Form } from '../form-fields.ts'
import { originOf, sessionOf } from '../member.ts'
import { nonceField, showNotAgain } from './shown-once.ts'
import { showLink } from './user-link.ts'
import { namesField, namesFormLimit, readNames } from './user-names.ts'
import { usersPath } from './user-paths.ts'
import { type InvitationForm, showUsers } from './users.ts'

/** Refusals that are about what was typed. */
const shownAtForm = ['user_name_invalid', 'request_invalid', 'owner_disabled', 'record_contended']

const user = Type.String({ maxLength: 1_024 })
const body = Form({ user, roles: namesField, groups: namesField, nonce: nonceField })

export function userInvitationPage(app: App): void {
  app.route({
    method: 'POST',
    url: usersPath,
    bodyLimit: namesFormLimit,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, body },
    handler: async (request, reply) => {
      const { user, roles, groups } = request.body
      try {
        const invited = await inviteBy(request, request.body)
        if (invited === null) return await showNotAgain(request, reply, { section: 'users', back: usersPath })
        return await showLink(request, reply, invited)
      } catch (error) {
        if (!(error instanceof Problem) || !shownAtForm.includes(error.code)) throw error
        request.problemCode = error.code
        reply.code(error.status)
        return await showUsers(request, reply, { invitation: { user, roles, groups, problem: error } })
      }
    },
  })
}

/** @returns null when the form was sent before. @throws Problem, for what was typed */
async function inviteBy(
  request: FastifyRequest,
  { user, nonce, ...typed }: InvitationForm & { readonly nonce: string },
): Promise<InvitedUser | null> {
  const { core } = request.server
  const name = user.trim()
  foldUserName(name)
  const [roles, groups] = [readNames('role', typed.roles), readNames('group', typed.groups)]
  const lists = { ...(roles.length > 0 ? { roles } : {}), ...(groups.length > 0 ? { groups } : {}) }
  // Before it is asked who exists: who is invited by this form does when it is sent again.
  if (!(await isSentFirst(core, sessionOf(request), nonce))) return null
  if (Object.keys(lists).length > 0 && (await isUser(request, name))) {
    throw new Problem('request_invalid', {
      detail:
        'There is a user of this name already. To send a link, leave roles and groups empty here; to change them, open ' +
        'the page of the user.',
    })
  }
  return await inviteUser(core, { user: name, ...lists }, originOf(request))
}

async function isUser({ server }: FastifyRequest, name: string): Promise<boolean> {
  try {
    await findUser(server.core, name)
    return true
  } catch (error) {
    if (error instanceof Problem && error.code === 'user_not_found') return false
    throw error
  }
}
