/**
 * /admin/users: the list, and the forms beside it: invite a user, impersonate a group or a role.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { Problem } from '../../domain/errors.ts'
import { makeFormNonce } from '../../domain/sent-forms.ts'
import { listUsers, type UserPage } from '../../domain/user-list.ts'
import { notice, noticeOf } from '../form-fields.ts'
import { showPage } from '../show.ts'
import { listNotices, userPath, usersPath } from './user-paths.ts'

/** Refusals that are about what was asked of the list. */
const shownAtList = ['user_name_invalid', 'cursor_invalid']

const pageLength = 50
/** Of roles and groups in the list; all are on the page of the user. */
const mostNames = 6

const text = Type.String({ maxLength: 1_024 })
const querystring = Type.Object({
  beginning: Type.Optional(text),
  cursor: Type.Optional(Type.String({ maxLength: 2_048 })),
  notice,
})

export function usersPage(app: App): void {
  app.route({
    method: 'GET',
    url: usersPath,
    config: { access: { session: 'admin' } },
    schema: { hide: true, querystring },
    handler: async (request, reply) => {
      const { beginning = '', cursor = '', notice } = request.query
      return await showUsers(request, reply, { beginning, cursor, notice: noticeOf(listNotices, notice) })
    },
  })
}

export interface InvitationForm {
  readonly user: string
  readonly roles: string
  readonly groups: string
}

export interface UsersView {
  readonly beginning?: string
  /** Empty: the first page. */
  readonly cursor?: string
  readonly notice?: string | null
  /** Forms that were refused, with what was typed. */
  readonly invitation?: InvitationForm & { readonly problem: Problem }
  readonly impersonation?: { readonly kind: string; readonly name: string; readonly problem: Problem }
}

export async function showUsers(
  request: FastifyRequest,
  reply: FastifyReply,
  { beginning = '', cursor = '', notice = null, ...forms }: UsersView,
): Promise<string> {
  const { page, problem } = await find(request, beginning, cursor)
  if (problem !== null) {
    request.problemCode = problem.code
    reply.code(problem.status)
  }
  const next = new URLSearchParams({ beginning, cursor: page.nextCursor ?? '' })
  const content = () => ({
    beginning,
    isFirstPage: cursor === '',
    users: page.items.map(({ user, apiKeys }) => ({
      ...user,
      roles: someOf(user.roles),
      groups: someOf(user.groups),
      apiKeys,
      path: userPath(user.name),
    })),
    paths: {
      first: `${usersPath}?${new URLSearchParams({ beginning })}`,
      next: page.nextCursor === null ? null : `${usersPath}?${next}`,
    },
    notice,
    problem,
    nonce: makeFormNonce(),
    invitation: { user: '', roles: '', groups: '', problem: null },
    impersonation: { kind: 'group', name: '', problem: null },
    ...forms,
  })
  return await showPage(request, reply, {
    template: 'admin/users',
    title: 'Users',
    section: 'users',
    content,
  })
}

function someOf(names: readonly string[]): string {
  const more = names.length - mostNames
  return names.slice(0, mostNames).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

async function find(
  { server }: FastifyRequest,
  beginning: string,
  cursor: string,
): Promise<{ readonly page: UserPage; readonly problem: Problem | null }> {
  const question = { beginning: beginning.trimStart(), limit: pageLength, cursor: cursor || null }
  try {
    return { page: await listUsers(server.core, question), problem: null }
  } catch (error) {
    if (!(error instanceof Problem) || !shownAtList.includes(error.code)) throw error
    return { page: { items: [], nextCursor: null }, problem: error }
  }
}
