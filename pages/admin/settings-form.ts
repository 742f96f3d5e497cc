/**
 * Shows the form of settings: as they are, or with everything that was typed, and what there is to say about it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PolicyPreview } from '../../domain/clamp.ts'
import { isUndecided, readSettings, type SettingsWithTag } from '../../domain/settings.ts'
import type { Settings } from '../../schemas/settings.ts'
import { policyChoices } from '../expiry-choices.ts'
import { sessionOf } from '../member.ts'
import { settingsPath } from '../paths.ts'
import { showPage } from '../show.ts'
import { type Author, authorsOf } from './settings-authors.ts'
import {
  type SettingProblems,
  type SettingTexts,
  settingFields,
  textOf,
  textsOf,
  wordsOf,
} from './settings-fields.ts'
import { type MergedSettings, type SettingName, settingNames, settingsOf } from './settings-merge.ts'

export interface PreviewOfForm extends PolicyPreview {
  readonly days: Settings['apiKeyLifetimeDays']
}

/** What the form shows; every part that is left out has nothing to say. */
export interface FormState {
  readonly texts?: SettingTexts
  /** What the form was made from; saving is a change from there. Left out: the settings as they are. */
  readonly shown?: SettingsWithTag
  readonly notice?: string | null
  /** Said above the form. */
  readonly problem?: string | null
  /** Said at the fields. */
  readonly problems?: SettingProblems
  /** What somebody else changed. */
  readonly changes?: MergedSettings['changes']
  readonly preview?: PreviewOfForm | null
  /** Whether existing keys are to be shortened: ticked by the administrator, for this preview. */
  readonly isClampChosen?: boolean
}

/** @throws Problem (503) */
export async function showSettings(
  request: FastifyRequest,
  reply: FastifyReply,
  state: FormState,
): Promise<string> {
  const { core } = request.server
  const shown = state.shown ?? (await readSettings(core))
  const authors = await authorsOf(core, state.changes ?? {})
  const isFirst = isUndecided(shown.settings)
  const content = () => ({
    isFirst,
    settingsPath,
    notice: state.notice ?? null,
    problem: state.problem == null ? null : { detail: state.problem },
    wrong: Object.keys(state.problems ?? {}).map((name) => [name, settingFields[name as SettingName].label]),
    etag: shown.etag,
    shown: JSON.stringify(settingsOf(shown.settings)),
    fields: fieldsOf(request, state.texts ?? textsOf(shown.settings), state, authors),
    preview: state.preview == null ? null : previewForPage(state.preview),
    isClampChosen: state.isClampChosen ?? false,
  })
  const title = isFirst ? 'Welcome' : 'Settings'
  return await showPage(request, reply, { template: 'admin/settings', title, section: 'settings', content })
}

/** What the template shows of each field. */
function fieldsOf(
  request: FastifyRequest,
  texts: SettingTexts,
  { problems = {}, changes = {} }: FormState,
  authors: Partial<Record<SettingName, Author>>,
): object {
  const fields = settingNames.map((name) => {
    const text = texts[name]
    const change = changeForPage(request, name, changes, authors[name])
    const choices = settingFields[name].kind === 'choice' ? policyChoices : []
    return [name, { name, ...settingFields[name], text, choices, problem: problems[name] ?? null, change }]
  })
  return Object.fromEntries(fields)
}

function changeForPage(
  request: FastifyRequest,
  name: SettingName,
  changes: MergedSettings['changes'],
  author: Author | undefined,
): object | null {
  const change = changes[name]
  if (change === undefined) return null
  const me = sessionOf(request)
  const isMyself = author?.kind === 'user' && author.name === (me.impersonator ?? me.user).name
  const { outcome, from, to, mine } = change
  const words = { from: wordsOf(name, from), to: wordsOf(name, to), mine: wordsOf(name, mine) }
  return { author: author ?? null, isMyself, outcome, ...words }
}

function previewForPage({ days, live, shortened, ended }: PreviewOfForm): object {
  return {
    value: textOf('apiKeyLifetimeDays', days),
    lifetime: wordsOf('apiKeyLifetimeDays', days),
    isNever: days === null,
    live,
    shortened,
    ended,
  }
}
