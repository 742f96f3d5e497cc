/**
 * /keys, "External tool access": a form for a new key and the keys there are.
 */
import { Type } from 'typebox'
import type { App } from '../app.ts'
import { listApiKeysOf } from '../domain/api-keys.ts'
import type { SessionCaller } from '../domain/caller.ts'
import { makeFormNonce } from '../domain/sent-forms.ts'
import { listSessionKeys } from '../domain/session-keys.ts'
import { expiryChoices } from './expiry-choices.ts'
import { notice, noticeOf } from './form-fields.ts'
import { sessionOf } from './member.ts'
import { homePath, notices, settingsPath } from './paths.ts'
import { type SiteNow, showPage } from './show.ts'

export function keysPage(app: App): void {
  app.route({
    method: 'GET',
    url: homePath,
    config: { access: { session: 'any' } },
    schema: { hide: true, querystring: Type.Object({ notice }) },
    handler: async (request, reply) => {
      const said = noticeOf(notices, request.query.notice)
      return await showPage(request, reply, {
        template: 'keys',
        title: 'External tool access',
        content: async (now) => ({ notice: said, ...(await contentOf(app, sessionOf(request), now)) }),
      })
    },
  })
}

async function contentOf(
  app: App,
  caller: SessionCaller,
  { settings, nowMs, times }: SiteNow,
): Promise<object> {
  const [apiKeys, sessionKeys] = await Promise.all([
    listApiKeysOf(app.core, caller.user.id),
    listSessionKeys(app.core, caller.id),
  ])
  const { host } = new URL(app.publicUrl)
  return {
    settings,
    host,
    settingsPath,
    choices: expiryChoices(settings.apiKeyLifetimeDays, nowMs, times),
    nonces: { apiKey: makeFormNonce(), sessionKey: makeFormNonce() },
    apiKeys: apiKeys.toReversed(),
    sessionKeys: sessionKeys.toReversed(),
    sessionEndsMs: caller.session.record.absoluteEnd,
    idleMinutes: Math.round(caller.session.record.idle / 60_000),
  }
}
