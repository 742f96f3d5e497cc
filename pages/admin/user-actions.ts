/**
 * The pages that ask before something is done to a user, and do it: disable, enable, revoke the API keys, sign out
 * everywhere, delete.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { Problem } from '../../domain/errors.ts'
import { checkIsSomebodyElse, findUser, isSameUserName } from '../../domain/users.ts'
import { UserPath } from '../../schemas/api-key.ts'
import type { UserRecord } from '../../store/records.ts'
import { Form } from '../form-fields.ts'
import { sessionOf } from '../member.ts'
import { askToConfirm } from './confirm.ts'
import { type UserAction, userActions } from './user-action-list.ts'
import { userPath, usersPath } from './user-paths.ts'

export function userActionPages(app: App): void {
  for (const action of userActions) {
    const url = `${usersPath}/:user/${action.name}`
    app.route({
      method: 'GET',
      url,
      config: { access: { session: 'admin' } },
      schema: { hide: true, params: UserPath },
      handler: async (request, reply) => {
        const { record: user } = await findUser(app.core, request.params.user)
        if (action.isForOthersOnly) checkIsSomebodyElse(sessionOf(request), user)
        return await ask(request, reply, action, user, null)
      },
    })

    app.route({
      method: 'POST',
      url,
      config: { access: { session: 'admin' }, csrf: 'form' },
      schema: { hide: true, params: UserPath, body: Form({ typed: Type.Optional(typed) }) },
      handler: async (request, reply) => {
        const { record: user } = await findUser(app.core, request.params.user)
        if (action.isForOthersOnly) checkIsSomebodyElse(sessionOf(request), user)
        const problem = action.name === 'delete' ? typedProblem(request.body.typed, user) : null
        if (problem !== null) {
          request.problemCode = problem.code
          return await ask(request, reply.code(problem.status), action, user, problem)
        }
        return reply.redirect(await action.act(request, reply, user), 303)
      },
    })
  }
}

const typed = Type.String({ maxLength: 1_024 })

function typedProblem(typed: string | undefined, { name }: UserRecord): Problem | null {
  const text = (typed ?? '').trim()
  try {
    if (isSameUserName(text, name)) return null
  } catch (error) {
    if (!(error instanceof Problem)) throw error
  }
  return new Problem('request_invalid', {
    detail: 'What you typed is not the name of this user. Nothing was deleted.',
  })
}

async function ask(
  request: FastifyRequest,
  reply: FastifyReply,
  action: UserAction,
  user: UserRecord,
  problem: Problem | null,
): Promise<string> {
  return await askToConfirm(request, reply, {
    section: 'users',
    facts: [['User', user.name]],
    ...(await action.ask(request, user)),
    action: userPath(user.name, action.name),
    back: userPath(user.name),
    problem,
  })
}
