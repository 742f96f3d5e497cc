/**
 * /invitation/SECRET: somebody who was invited sets a password and is signed in.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../app.ts'
import { isAdministrator } from '../domain/caller.ts'
import type { Problem } from '../domain/errors.ts'
import { claimInvitation, invitationPath, readInvitation } from '../domain/invitations.ts'
import { isUndecided, readSettings } from '../domain/settings.ts'
import { InvitationClaim } from '../schemas/session.ts'
import { anonymousToken, checkAnonymousToken } from './anonymous-form.ts'
import { Form } from './form-fields.ts'
import { newPasswordFields, newPasswordProblem } from './new-password.ts'
import { homePath, settingsPath } from './paths.ts'
import { showPage } from './show.ts'

const params = Type.Object({ secret: InvitationClaim.properties.invitation })

export function invitationPages(app: App): void {
  app.route({
    method: 'GET',
    url: `${invitationPath}:secret`,
    config: { access: 'anyone' },
    schema: { hide: true, params },
    handler: async (request, reply) => {
      app.sessionCookie.checkMaySet()
      return await showForm(request, reply, { secret: request.params.secret, problem: null })
    },
  })

  app.route({
    method: 'POST',
    url: `${invitationPath}:secret`,
    config: { access: 'anyone' },
    schema: { hide: true, params, body: Form(newPasswordFields) },
    preValidation: checkAnonymousToken,
    handler: async (request, reply) => {
      const { secret } = request.params
      const problem = newPasswordProblem(request.body)
      if (problem !== null) return await showForm(request, reply.code(400), { secret, problem })
      // First, or the invitation would be used up for nothing.
      app.sessionCookie.checkMaySet()
      const { cookie, context } = await claimInvitation(app.core, secret, request.body.next, request.ip)
      if (cookie !== null) app.sessionCookie.set(reply, cookie)
      const { settings } = await readSettings(app.core)
      const isFirstDecision = isAdministrator(context) && isUndecided(settings)
      return reply.redirect(isFirstDecision ? settingsPath : homePath, 303)
    },
  })
}

async function showForm(
  request: FastifyRequest,
  reply: FastifyReply,
  { secret, problem }: { readonly secret: string; readonly problem: Problem | null },
): Promise<string> {
  const { user } = await readInvitation(request.server.core, secret)
  const csrf = anonymousToken(request, reply)
  return await showPage(request, reply, {
    template: 'invitation',
    title: 'Choose a password',
    content: () => ({ user: user.name, csrf, problem }),
  })
}
