/**
 * / and /sign-in. Further ways to sign in find their place above the form of this one.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../app.ts'
import { Problem } from '../domain/errors.ts'
import { safeReturnPath } from '../domain/return-path.ts'
import { signIn } from '../domain/sign-in.ts'
import { SignIn } from '../schemas/session.ts'
import { anonymousToken, checkAnonymousToken } from './anonymous-form.ts'
import { Form, notice, noticeOf } from './form-fields.ts'
import { homePath, signInNotices, signInPath } from './paths.ts'
import { showPage } from './show.ts'

/** Refusals that are about what was typed, and shown at the form; the others are pages of their own. */
const shownAtForm = ['sign_in_refused', 'too_many_tries', 'sign_in_busy', 'user_name_invalid']

const to = Type.Optional(Type.String({ maxLength: 1024 }))

export function signInPages(app: App): void {
  app.route({
    method: 'GET',
    url: '/',
    config: { access: 'anyone' },
    schema: { hide: true },
    handler: async (_request, reply) => reply.redirect(homePath, 303),
  })

  app.route({
    method: 'GET',
    url: signInPath,
    config: { access: 'anyone' },
    schema: { hide: true, querystring: Type.Object({ to, notice }) },
    handler: async (request, reply) => {
      // Before a password is typed that would travel in clear.
      app.sessionCookie.checkMaySet()
      const { query } = request
      const said = noticeOf(signInNotices, query.notice)
      return await showForm(request, reply, { to: query.to ?? '', user: '', notice: said, problem: null })
    },
  })

  app.route({
    method: 'POST',
    url: signInPath,
    config: { access: 'anyone' },
    schema: { hide: true, body: Form({ ...SignIn.properties, to }) },
    preValidation: checkAnonymousToken,
    handler: async (request, reply) => {
      const { user: userName, password, to = '' } = request.body
      try {
        const { cookie } = await signIn(app.core, { userName, password, address: request.ip })
        if (cookie !== null) app.sessionCookie.set(reply, cookie)
      } catch (error) {
        if (!(error instanceof Problem) || !shownAtForm.includes(error.code)) throw error
        request.problemCode = error.code
        if (error.retryAfterSeconds !== null) reply.header('retry-after', String(error.retryAfterSeconds))
        reply.code(error.status)
        return await showForm(request, reply, { to, user: userName, notice: null, problem: error })
      }
      return reply.redirect(safeReturnPath(to) ?? homePath, 303)
    },
  })
}

interface SignInForm {
  readonly to: string
  readonly user: string
  readonly notice: string | null
  readonly problem: Problem | null
}

async function showForm(request: FastifyRequest, reply: FastifyReply, form: SignInForm): Promise<string> {
  const to = safeReturnPath(form.to)
  const csrf = anonymousToken(request, reply)
  return await showPage(request, reply, {
    template: 'sign-in',
    title: 'Sign in',
    content: () => ({ ...form, to, csrf }),
  })
}
