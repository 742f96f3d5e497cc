/**
 * /admin/settings: the site's policy as one form. It is saved from the state that it showed, or not at all; existing keys are
 * shortened only when that is chosen, with its consequences in sight.
 */
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { policyChoices } from '../expiry-choices.ts'
import { notice, noticeOf } from '../form-fields.ts'
import { settingsPath } from '../paths.ts'
import { showSettings } from './settings-form.ts'
import { offerAgain, refuse, saveSettings, showPreview } from './settings-save.ts'
import { readSent, settingsBody } from './settings-sent.ts'

const notices = { saved: 'The settings are saved.' } as const

export function settingsPages(app: App): void {
  app.route({
    method: 'GET',
    url: settingsPath,
    config: { access: { session: 'admin' } },
    schema: { hide: true, querystring: Type.Object({ notice }) },
    handler: async (request, reply) =>
      await showSettings(request, reply, { notice: noticeOf(notices, request.query.notice) }),
  })

  app.route({
    method: 'POST',
    url: settingsPath,
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, body: settingsBody },
    handler: async (request, reply) => {
      const sent = readSent(request, request.body)
      const { mine, texts, shown, problems, clamp } = sent
      if (mine === null) {
        const chosen = policyChoices.find(({ value }) => value === texts.apiKeyLifetimeDays)
        const offer = await offerAgain(app.core, clamp, chosen?.days ?? null)
        return await refuse(request, reply, 'request_invalid', { texts, shown, problems, ...offer })
      }
      if (request.body.intent === 'preview') return await showPreview(request, reply, { ...sent, mine })
      return await saveSettings(request, reply, { ...sent, mine })
    },
  })
}
