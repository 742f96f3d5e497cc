/**
 * POST /keys and POST /session-keys: the one answer that shows a new key. It is the answer of the POST itself, so the key
 * is in no address and no history, and the form can be sent only once: a reload never mints again.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../app.ts'
import { mintOwnApiKey } from '../domain/api-key-mint.ts'
import { isSentFirst } from '../domain/sent-forms.ts'
import { mintSessionKey } from '../domain/session-keys.ts'
import { Description } from '../schemas/common.ts'
import { Form } from './form-fields.ts'
import { originOf, sessionOf } from './member.ts'
import { homePath } from './paths.ts'
import { showPage } from './show.ts'
import { snippetsOf } from './snippets.ts'

const nonce = Type.String({ pattern: '^[\\w-]{22}$' })
const lifetime = Type.String({ pattern: '^(?:policy|[1-9]\\d{0,3})$' })

export function newKeyPages(app: App): void {
  app.route({
    method: 'POST',
    url: homePath,
    config: { access: { session: 'any' }, csrf: 'form' },
    schema: { hide: true, body: Form({ description: Description, lifetime, nonce }) },
    handler: async (request, reply) => {
      const { description, lifetime, nonce } = request.body
      const caller = sessionOf(request)
      if (!(await isSentFirst(app.core, caller, nonce))) return await showSentAlready(request, reply)
      const lifetimeDays = lifetime === 'policy' ? null : Number(lifetime)
      const key = await mintOwnApiKey(app.core, caller, { description, lifetimeDays }, originOf(request))
      return await showNewKey(request, reply, { ...key, kind: 'API key' })
    },
  })

  app.route({
    method: 'POST',
    url: '/session-keys',
    config: { access: { session: 'any' }, csrf: 'form' },
    schema: { hide: true, body: Form({ description: Description, nonce }) },
    handler: async (request, reply) => {
      const { description, nonce } = request.body
      const caller = sessionOf(request)
      if (!(await isSentFirst(app.core, caller, nonce))) return await showSentAlready(request, reply)
      const key = await mintSessionKey(app.core, caller, caller.id, description, originOf(request))
      return await showNewKey(request, reply, { ...key, kind: 'session key' })
    },
  })

  // For somebody who returns to the address of the POST.
  app.route({
    method: 'GET',
    url: '/session-keys',
    config: { access: 'anyone' },
    schema: { hide: true },
    handler: async (_request, reply) => reply.redirect(homePath, 303),
  })
}

interface NewKey {
  readonly kind: 'API key' | 'session key'
  readonly id: string
  readonly description: string
  readonly expiresAtMs: number | null
  readonly secret: { reveal(): string }
}

/** The only place where pages show a key. */
async function showNewKey(request: FastifyRequest, reply: FastifyReply, key: NewKey): Promise<string> {
  const { kind, id, description, expiresAtMs } = key
  const secret = key.secret.reveal()
  const snippets = snippetsOf(request.server.publicUrl, secret)
  return await showPage(request, reply.code(201), {
    template: 'new-key',
    title: `Your new ${kind}`,
    content: () => ({ kind, id, description, expiresAtMs, secret, snippets }),
  })
}

async function showSentAlready(request: FastifyRequest, reply: FastifyReply): Promise<string> {
  return await showPage(request, reply.code(409), { template: 'sent-already', title: 'Shown already' })
}
