/**
 * /welcome: an administrator decides whether keys may be made and how long they live.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../app.ts'
import { Problem } from '../domain/errors.ts'
import { changeSettings, readSettings } from '../domain/settings.ts'
import type { SettingsRecord } from '../store/records.ts'
import { lifetimes } from './expiry-choices.ts'
import { Form } from './form-fields.ts'
import { originOf } from './member.ts'
import { homeWith, welcomePath } from './paths.ts'
import { showPage } from './show.ts'

const onOrOff = Type.Unsafe<'on' | 'off'>({ type: 'string', enum: ['on', 'off'] })
const body = Form({
  apiKeys: onOrOff,
  sessionKeys: onOrOff,
  lifetime: Type.String({ maxLength: 8 }),
  etag: Type.String({ maxLength: 64 }),
})

export function welcomePages(app: App): void {
  app.route({
    method: 'GET',
    url: welcomePath,
    config: { access: { session: 'admin' } },
    schema: { hide: true },
    handler: async (request, reply) => await showForm(request, reply, null),
  })

  app.route({
    method: 'POST',
    url: welcomePath,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, body },
    handler: async (request, reply) => {
      const { apiKeys, sessionKeys, lifetime, etag } = request.body
      const change: Partial<SettingsRecord> = {
        apiKeysAllowed: apiKeys === 'on',
        sessionKeysAllowed: sessionKeys === 'on',
        apiKeyLifetimeDays: lifetimeOf(lifetime),
      }
      try {
        await changeSettings(app.core, change, etag, originOf(request))
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'settings_changed') throw error
        request.problemCode = error.code
        return await showForm(request, reply.code(error.status), error)
      }
      return reply.redirect(homeWith('settings'), 303)
    },
  })
}

/** @throws Problem request_invalid */
function lifetimeOf(text: string): SettingsRecord['apiKeyLifetimeDays'] {
  const found = [null, ...lifetimes].find((days) => String(days ?? 'never') === text)
  if (found === undefined) throw new Problem('request_invalid')
  return found
}

async function showForm(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem | null,
): Promise<string> {
  const { settings, etag } = await readSettings(request.server.core)
  const isFirst = !settings.apiKeysAllowed && !settings.sessionKeysAllowed
  return await showPage(request, reply, {
    template: 'welcome',
    title: isFirst ? 'Welcome' : 'Who may make keys',
    content: () => ({ settings, etag, lifetimes, isFirst, problem }),
  })
}
