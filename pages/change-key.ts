/**
 * Renaming and revoking one key: a page that asks, and its form. The question is a page, so it needs no JavaScript.
 */
import type { App } from '../app.ts'
import { readOwnApiKey, renameOwnApiKey } from '../domain/api-keys.ts'
import { Problem } from '../domain/errors.ts'
import { revokeOwnApiKey } from '../domain/revocation.ts'
import { listSessionKeys, revokeSessionKey } from '../domain/session-keys.ts'
import { ApiKeyPath } from '../schemas/api-key.ts'
import { Description } from '../schemas/common.ts'
import { SessionKeyPath } from '../schemas/session.ts'
import { Form } from './form-fields.ts'
import { originOf, sessionOf } from './member.ts'
import { homePath, homeWith } from './paths.ts'
import { showPage } from './show.ts'

export function changeKeyPages(app: App): void {
  for (const [action, title] of [
    ['rename', 'Rename key'],
    ['revoke', 'Revoke key'],
  ] as const) {
    app.route({
      method: 'GET',
      url: `${homePath}/:id/${action}`,
      config: { access: { session: 'any' } },
      schema: { hide: true, params: ApiKeyPath },
      handler: async (request, reply) => {
        const key = await readOwnApiKey(app.core, sessionOf(request).user.id, request.params.id)
        const content = () => ({ key, kind: 'API key', action: request.url })
        return await showPage(request, reply, { template: action, title, content })
      },
    })
  }

  app.route({
    method: 'POST',
    url: `${homePath}/:id/rename`,
    config: { access: { session: 'any' }, csrf: 'form' },
    schema: { hide: true, params: ApiKeyPath, body: Form({ description: Description }) },
    handler: async (request, reply) => {
      const { id } = request.params
      const owner = sessionOf(request).user.id
      await renameOwnApiKey(app.core, owner, id, request.body.description, originOf(request))
      return reply.redirect(homeWith('renamed'), 303)
    },
  })

  app.route({
    method: 'POST',
    url: `${homePath}/:id/revoke`,
    config: { access: { session: 'any' }, csrf: 'form' },
    schema: { hide: true, params: ApiKeyPath, body: Form({}) },
    handler: async (request, reply) => {
      const { id } = request.params
      await revokeOwnApiKey(app.core, sessionOf(request).user.id, id, originOf(request))
      return reply.redirect(homeWith('revoked'), 303)
    },
  })

  app.route({
    method: 'GET',
    url: '/session-keys/:id/revoke',
    config: { access: { session: 'any' } },
    schema: { hide: true, params: SessionKeyPath },
    handler: async (request, reply) => {
      const keys = await listSessionKeys(app.core, sessionOf(request).id)
      const key = keys.find(({ id }) => id === request.params.id)
      if (key === undefined) throw new Problem('session_key_not_found')
      const content = () => ({ key, kind: 'session key', action: request.url })
      return await showPage(request, reply, { template: 'revoke', title: 'Revoke key', content })
    },
  })

  app.route({
    method: 'POST',
    url: '/session-keys/:id/revoke',
    config: { access: { session: 'any' }, csrf: 'form' },
    schema: { hide: true, params: SessionKeyPath, body: Form({}) },
    handler: async (request, reply) => {
      await revokeSessionKey(app.core, sessionOf(request).id, request.params.id, originOf(request))
      return reply.redirect(homeWith('revoked'), 303)
    },
  })
}
