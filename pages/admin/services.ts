/**
 * /admin/services: the services there are, and a form for another. Its secret is in the answer of the form, once.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { type Permission, permissions, permissionsHeldBy } from '../../domain/caller.ts'
import { Problem } from '../../domain/errors.ts'
import { isSentFirst, makeFormNonce } from '../../domain/sent-forms.ts'
import { addService, listServices, type NewService, type Service } from '../../domain/services.ts'
import { Form, notice, noticeOf } from '../form-fields.ts'
import { originOf, sessionOf } from '../member.ts'
import { showPage } from '../show.ts'
import { createTimes, type Times } from '../times.ts'
import { showServiceSecret } from './service-secret.ts'
import { nonceField, showNotAgain } from './shown-once.ts'

export const servicesPath = '/admin/services'

const section = 'services'
const notices = { removed: 'The service is removed. No instance accepts its secret any more.' } as const

/** Refusals that are about what was typed. */
const shownAtForm = ['request_invalid', 'permission_missing', 'service_exists']

/** What each permission lets a service do, in the words of whoever decides about it. */
const meanings: Readonly<Record<Permission, string>> = {
  verify: 'asks whether a key that somebody presents is valid, and whose it is',
  sessions: 'opens, changes and ends sessions of users, for an application with a sign-in of its own',
  mint: 'makes API keys for users',
  revoke: 'revokes API keys: one, all of a user, or all on the site',
  admin: 'does what administrators do: users, services, settings, audit log',
}

const lifetimes = [1, 7, 30, 90, 180, 365] as const
const dayMs = 86_400_000
const soonMs = 7 * dayMs

const permission = Type.Unsafe<Permission>({ type: 'string', enum: permissions })
const body = Form({
  nonce: nonceField,
  // Longer than a name may be: what is wrong with it is said at the form.
  name: Type.String({ maxLength: 256 }),
  // Several ticked boxes are a list, a single one is not, and none is not there.
  permissions: Type.Optional(
    Type.Union([permission, Type.Array(permission, { maxItems: permissions.length, uniqueItems: true })]),
  ),
  lifetime: Type.Unsafe<string>({ type: 'string', enum: ['never', ...lifetimes.map(String)] }),
})

export function servicesPages(app: App): void {
  app.route({
    method: 'GET',
    url: servicesPath,
    config: { access: { session: 'admin' } },
    schema: { hide: true, querystring: Type.Object({ notice }) },
    handler: async (request, reply) =>
      await showList(request, reply, { ...emptyForm, notice: noticeOf(notices, request.query.notice) }),
  })

  app.route({
    method: 'POST',
    url: servicesPath,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, body },
    handler: async (request, reply) => {
      const { nonce, name, lifetime } = request.body
      const service = {
        name,
        permissions: [request.body.permissions ?? []].flat(),
        lifetimeDays: lifetime === 'never' ? null : Number(lifetime),
      }
      const caller = sessionOf(request)
      try {
        checkPermissions(service)
        if (!(await isSentFirst(app.core, caller, nonce)))
          return await showNotAgain(request, reply, { section, back: servicesPath })
        const added = await addService(app.core, service, permissionsHeldBy(caller), originOf(request))
        return await showServiceSecret(request, reply, added, expirySentence(added))
      } catch (error) {
        if (!(error instanceof Problem) || !shownAtForm.includes(error.code)) throw error
        request.problemCode = error.code
        const typed = { ...service, lifetime }
        return await showList(request, reply.code(error.status), { typed, notice: null, problem: error })
      }
    },
  })
}

/** @throws Problem request_invalid */
function checkPermissions({ permissions: chosen }: NewService): void {
  if (chosen.length === 0) {
    throw new Problem('request_invalid', {
      detail: 'No permission is chosen. A service without one can do nothing: choose at least one.',
    })
  }
}

interface ServicesForm {
  readonly typed: {
    readonly name: string
    readonly permissions: readonly Permission[]
    readonly lifetime: string
  }
  readonly notice: string | null
  readonly problem: Problem | null
}

const emptyForm: ServicesForm = {
  typed: { name: '', permissions: [], lifetime: '365' },
  notice: null,
  problem: null,
}

async function showList(request: FastifyRequest, reply: FastifyReply, form: ServicesForm): Promise<string> {
  return await showPage(request, reply, {
    template: 'admin/services',
    title: 'Services',
    section,
    content: async ({ nowMs, times }) => ({
      ...form,
      services: (await listServices(request.server.core)).map((service) => ({
        ...service,
        expiry: expiryOf(service.expiresAtMs, nowMs),
      })),
      permissions: permissions.map((name) => ({ name, meaning: meanings[name] })),
      lifetimes: lifetimeChoices(nowMs, times),
      nonce: makeFormNonce(),
    }),
  })
}

function expirySentence({ createdAtMs, expiresAtMs }: Service): string {
  if (expiresAtMs === null) return 'It never expires.'
  return `It expires on ${createTimes(createdAtMs).full(expiresAtMs)}.`
}

function expiryOf(expiresAtMs: number | null, nowMs: number): 'never' | 'expired' | 'soon' | 'later' {
  if (expiresAtMs === null) return 'never'
  if (expiresAtMs <= nowMs) return 'expired'
  return expiresAtMs - nowMs < soonMs ? 'soon' : 'later'
}

function lifetimeChoices(nowMs: number, times: Times): readonly { value: string; label: string }[] {
  const until = (days: number): string =>
    `${days === 1 ? '1 day' : `${days} days`}, until ${times.shortDate(nowMs + days * dayMs)}`
  return [
    ...lifetimes.map((days) => ({ value: String(days), label: until(days) })),
    { value: 'never', label: 'Never' },
  ]
}
