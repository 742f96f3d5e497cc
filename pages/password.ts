/**
 * /password: change my own.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app.ts'
import { Problem } from '../domain/errors.ts'
import { changePassword } from '../domain/sign-in.ts'
import { PasswordChange } from '../schemas/session.ts'
import { Form } from './form-fields.ts'
import { originOf, sessionOf } from './member.ts'
import { newPasswordFields, newPasswordProblem } from './new-password.ts'
import { homeWith } from './paths.ts'
import { showPage } from './show.ts'

/** Refusals that are about what was typed. */
const shownAtForm = ['sign_in_refused', 'too_many_tries', 'sign_in_busy', 'record_contended']

export function passwordPages(app: App): void {
  app.route({
    method: 'GET',
    url: '/password',
    config: { access: { session: 'any' } },
    schema: { hide: true },
    handler: async (request, reply) => await showForm(request, reply, null),
  })

  app.route({
    method: 'POST',
    url: '/password',
    config: { access: { session: 'any' }, csrf: 'form' },
    schema: { hide: true, body: Form({ present: PasswordChange.properties.present, ...newPasswordFields }) },
    handler: async (request, reply) => {
      const { present, next } = request.body
      const mistake = newPasswordProblem(request.body)
      if (mistake !== null) return await showForm(request, reply.code(400), mistake)
      try {
        await changePassword(app.core, sessionOf(request), { present, next }, originOf(request))
      } catch (error) {
        if (!(error instanceof Problem) || !shownAtForm.includes(error.code)) throw error
        request.problemCode = error.code
        if (error.retryAfterSeconds !== null) reply.header('retry-after', String(error.retryAfterSeconds))
        return await showForm(request, reply.code(error.status), error)
      }
      return reply.redirect(homeWith('password'), 303)
    },
  })
}

async function showForm(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem | null,
): Promise<string> {
  const isWrong = problem?.code === 'sign_in_refused'
  const detail = isWrong ? 'The present password is wrong.' : problem?.detail
  return await showPage(request, reply, {
    template: 'password',
    title: 'Change password',
    content: () => ({ problem: problem === null ? null : { detail } }),
  })
}
