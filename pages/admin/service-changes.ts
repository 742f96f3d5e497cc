/**
 * Rotating the secret of a service and removing it: a page that asks, and its form.
 */
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { permissionsHeldBy } from '../../domain/caller.ts'
import { isSentFirst, makeFormNonce } from '../../domain/sent-forms.ts'
import { readService, removeService, rotateService } from '../../domain/services.ts'
import { ServicePath } from '../../schemas/service.ts'
import { Form } from '../form-fields.ts'
import { originOf, sessionOf } from '../member.ts'
import { showPage } from '../show.ts'
import { askToConfirm } from './confirm.ts'
import { showServiceSecret } from './service-secret.ts'
import { servicesPath } from './services.ts'
import { nonceField, showNotAgain } from './shown-once.ts'

const section = 'services'

/** Hours for which the old secret still works, and what that means. */
const overlaps = [
  { hours: 0, label: 'Not at all', after: 'The old secret is refused from now on.' },
  { hours: 1, label: '1 hour', after: 'The old secret works for another hour.' },
  { hours: 24, label: '24 hours', after: 'The old secret works for another 24 hours.' },
  { hours: 168, label: '7 days', after: 'The old secret works for another 7 days.' },
] as const
const usualHours = 24

const overlap = Type.Unsafe<string>({ type: 'string', enum: overlaps.map(({ hours }) => String(hours)) })

export function serviceChangePages(app: App): void {
  rotation(app)
  removal(app)
}

function rotation(app: App): void {
  const url = `${servicesPath}/:name/rotate`

  app.route({
    method: 'GET',
    url,
    config: { access: { session: 'admin' } },
    schema: { hide: true, params: ServicePath },
    handler: async (request, reply) => {
      const service = await readService(app.core, request.params.name)
      return await showPage(request, reply, {
        template: 'admin/service-rotate',
        title: `New secret for ${service.name}`,
        section,
        content: () => ({ service, overlaps, usualHours, nonce: makeFormNonce(), back: servicesPath }),
      })
    },
  })

  app.route({
    method: 'POST',
    url,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, params: ServicePath, body: Form({ nonce: nonceField, overlap }) },
    handler: async (request, reply) => {
      const { name } = request.params
      const { nonce, overlap } = request.body
      const caller = sessionOf(request)
      // A service that is gone is said to be gone, and costs no nonce.
      await readService(app.core, name)
      if (!(await isSentFirst(app.core, caller, nonce)))
        return await showNotAgain(request, reply, { section, back: servicesPath })
      const held = permissionsHeldBy(caller)
      const service = await rotateService(app.core, name, Number(overlap), held, originOf(request))
      const after = overlaps.find(({ hours }) => String(hours) === overlap)?.after ?? ''
      return await showServiceSecret(request, reply, service, after)
    },
  })
}

function removal(app: App): void {
  const url = `${servicesPath}/:name/remove`

  app.route({
    method: 'GET',
    url,
    config: { access: { session: 'admin' } },
    schema: { hide: true, params: ServicePath },
    handler: async (request, reply) => {
      const { name, permissions } = await readService(app.core, request.params.name)
      return await askToConfirm(request, reply, {
        section,
        title: 'Remove this service?',
        facts: [
          ['Service', name],
          ['Permissions', permissions.join(', ')],
        ],
        sentences: [
          'Whatever it asks from then on is refused, on every instance: programs that sign in with its secret stop working here.',
          'What it has made stays: keys that it minted and sessions that it opened go on.',
          'The secret does not come back, even when a service of this name is added again.',
        ],
        action: request.url,
        button: 'Remove',
        isDangerous: true,
        back: servicesPath,
      })
    },
  })

  app.route({
    method: 'POST',
    url,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, params: ServicePath, body: Form({}) },
    handler: async (request, reply) => {
      await removeService(app.core, request.params.name, originOf(request))
      return reply.redirect(`${servicesPath}?notice=removed`, 303)
    },
  })
}
