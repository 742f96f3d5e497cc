/**
 * What can be done with the session itself: sign out, stay signed in, stop impersonating.
 */
import type { App } from '../app.ts'
import { stopImpersonation } from '../domain/impersonation.ts'
import { endSession, touchSession } from '../domain/sessions.ts'
import { readSite } from '../domain/site.ts'
import { Form } from './form-fields.ts'
import { originOf, sessionOf } from './member.ts'
import { homeWith, signInPath } from './paths.ts'

export function sessionForms(app: App): void {
  app.route({
    method: 'POST',
    url: '/sign-out',
    config: { access: { session: 'any' }, csrf: 'form' },
    schema: { hide: true, body: Form({}) },
    handler: async (request, reply) => {
      await endSession(app.core, sessionOf(request).id, originOf(request))
      app.sessionCookie.clear(reply)
      return reply.redirect(`${signInPath}?notice=out`, 303)
    },
  })

  // For the script that warns of the timeout; without it there is no warning and nobody needs this.
  app.route({
    method: 'POST',
    url: '/session/stay',
    config: { access: { session: 'any' }, csrf: 'form' },
    schema: { hide: true, body: Form({}) },
    handler: async (request) => {
      const { expiresAtMs, absoluteEndMs } = await touchSession(app.core, sessionOf(request).id)
      const { nowMs } = await readSite(app.core)
      return { idleLeftMs: expiresAtMs - nowMs, absoluteLeftMs: absoluteEndMs - nowMs }
    },
  })

  app.route({
    method: 'POST',
    url: '/impersonation/stop',
    config: { access: { session: 'any' }, csrf: 'form' },
    schema: { hide: true, body: Form({}) },
    handler: async (request, reply) => {
      const { cookie } = await stopImpersonation(app.core, sessionOf(request), originOf(request))
      app.sessionCookie.set(reply, cookie)
      return reply.redirect(homeWith('yourself'), 303)
    },
  })
}
