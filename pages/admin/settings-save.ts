/**
 * What the buttons of the form of settings do: preview the expiry of keys, and save. A save is a change from what the form
 * showed; what somebody else changed since is put beside it and shown, never overwritten unseen.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { previewPolicy, startClamp } from '../../domain/clamp.ts'
import type { Core } from '../../domain/core.ts'
import { type ErrorCode, Problem } from '../../domain/errors.ts'
import { changeSettings, isUndecided, readSettings } from '../../domain/settings.ts'
import type { Settings } from '../../schemas/settings.ts'
import { originOf } from '../member.ts'
import { homeWith, settingsPath } from '../paths.ts'
import { textsOf } from './settings-fields.ts'
import { type FormState, type PreviewOfForm, showSettings } from './settings-form.ts'
import { areSameSettings, type MergedSettings, mergeSettings } from './settings-merge.ts'
import type { ClampChoice, SentForm } from './settings-sent.ts'

/** A form without a text that stands for no value. */
export interface ValidForm extends SentForm {
  readonly mine: Settings
}

const changedMeanwhile =
  'Somebody changed the settings since this page was opened. What they changed is marked below; what you typed is kept.'

/** Nothing is saved. */
export async function showPreview(
  request: FastifyRequest,
  reply: FastifyReply,
  { shown, mine, clamp }: ValidForm,
): Promise<string> {
  const { core } = request.server
  const present = await readSettings(core)
  const { settings, changes } = mergeSettings(shown.settings, mine, present.settings)
  const preview = await previewOf(core, settings.apiKeyLifetimeDays)
  return await showSettings(request, reply, {
    texts: textsOf(settings),
    shown: present,
    changes,
    problem: Object.keys(changes).length === 0 ? null : changedMeanwhile,
    preview,
    isClampChosen: isChoiceFor(clamp, settings.apiKeyLifetimeDays),
  })
}

/** @throws Problem (503) */
export async function saveSettings(
  request: FastifyRequest,
  reply: FastifyReply,
  sent: ValidForm,
): Promise<string | FastifyReply> {
  const { core } = request.server
  const { mine, shown, clamp, texts } = sent
  const days = mine.apiKeyLifetimeDays
  if (clamp !== null && days === null) {
    const never =
      'Expire API keys is Never: there is nothing to shorten existing keys to. Choose a time and preview it.'
    return await refuse(request, reply, 'policy_is_never', {
      texts,
      shown,
      problems: { apiKeyLifetimeDays: never },
    })
  }
  if (clamp !== null && !isChoiceFor(clamp, days)) {
    const problem =
      'You chose another time after the preview. Nothing is saved; this is what the new choice would do to existing keys.'
    const preview = await previewOf(core, days)
    return await refuse(request, reply, 'request_invalid', { texts, shown, problem, preview })
  }
  try {
    await changeSettings(core, mine, shown.etag, originOf(request))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'record_contended') {
      const offer = await offerAgain(core, clamp, days)
      return await refuse(request, reply, error.code, { texts, shown, problem: error.detail, ...offer })
    }
    if (error.code !== 'settings_changed') throw error
    const present = await readSettings(core)
    // The same form sent twice, or somebody chose the same: it is as it was asked for.
    if (!areSameSettings(mine, present.settings)) {
      const merged = mergeSettings(shown.settings, mine, present.settings)
      return await refuse(request, reply, error.code, {
        shown: present,
        ...(await conflictOf(core, merged, clamp)),
      })
    }
  }
  if (clamp !== null) return await clampKeys(request, reply, days)
  const isFirst = isUndecided(shown.settings)
  return reply.redirect(isFirst ? homeWith('settings') : `${settingsPath}?notice=saved`, 303)
}

/** The preview and the tick of somebody who chose to shorten existing keys to this; nothing for anybody else. */
export async function offerAgain(
  core: Core,
  clamp: ClampChoice,
  days: Settings['apiKeyLifetimeDays'],
): Promise<FormState> {
  return isChoiceFor(clamp, days) ? { preview: await previewOf(core, days), isClampChosen: true } : {}
}

/** The form again, with its problem. */
export async function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  code: ErrorCode,
  state: FormState,
): Promise<string> {
  request.problemCode = code
  return await showSettings(request, reply.code(new Problem(code).status), state)
}

async function conflictOf(
  core: Core,
  { settings, changes }: MergedSettings,
  clamp: ClampChoice,
): Promise<FormState> {
  const offer = await offerAgain(core, clamp, settings.apiKeyLifetimeDays)
  const isDropped = clamp !== null && offer.preview === undefined
  const problem = `${changedMeanwhile} Nothing is saved yet: save again to apply it.`
  const dropped = ' Preview again before existing keys are shortened, because the time is another now.'
  return { texts: textsOf(settings), changes, problem: isDropped ? problem + dropped : problem, ...offer }
}

/** The settings are saved at this point. */
async function clampKeys(
  request: FastifyRequest,
  reply: FastifyReply,
  days: Settings['apiKeyLifetimeDays'],
): Promise<string | FastifyReply> {
  const { core } = request.server
  try {
    const job = await startClamp(core, originOf(request), days)
    request.server.continueJobs()
    return reply.redirect(`/admin/jobs/${job.id}`, 303)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'settings_changed') {
      const problem =
        'Your settings were saved, but somebody changed Expire API keys right after. No existing key is shortened. ' +
        'These are the settings as they are now.'
      return await refuse(request, reply, error.code, { problem })
    }
    const detail = `The settings are saved. Whether existing keys are being shortened is not known. ${error.title}.`
    throw new Problem(error.code, { detail, cause: error.cause })
  }
}

function isChoiceFor(clamp: ClampChoice, days: Settings['apiKeyLifetimeDays']): boolean {
  return days !== null && clamp?.previewed === String(days)
}

async function previewOf(core: Core, days: Settings['apiKeyLifetimeDays']): Promise<PreviewOfForm> {
  return { days, ...(await previewPolicy(core, days)) }
}
