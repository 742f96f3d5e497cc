/**
 * `latchkey settings`: the site's policy. A change is made only from the state that it was shown against (If-Match).
 */
import type { Command } from 'commander'
import type { Static } from 'typebox'
import type { PolicyPreview } from '../../schemas/api-key-list.ts'
import type { Settings, SettingsChange } from '../../schemas/settings.ts'
import type { Api } from '../api.ts'
import { connect } from '../context.ts'
import { Failure, ServerProblem, UsageFailure } from '../failure.ts'
import { examples } from '../options.ts'
import { counted, type Output } from '../output.ts'

type Value = Settings[keyof Settings]

const path = '/v1/settings'

export function addSettings(program: Command): void {
  const settings = program.command('settings').description("The site's policy.")
  settings
    .command('get')
    .description('Shows the settings, or one of them.')
    .argument('[name]', 'name of a setting')
    .addHelpText('after', examples('latchkey settings get', 'latchkey settings get apiKeyLifetimeDays'))
    .action(async (name: string | undefined, _options: object, command: Command) => {
      const { api, output } = await connect(command)
      const all = await api.get<Settings>(path)
      if (name === undefined) {
        await output.record(
          Object.fromEntries(Object.entries(all).map(([key, value]) => [key, shown(value)])),
          all,
        )
      } else {
        const value = all[nameOf(all, name)]
        output.result(shown(value), value)
      }
    })
  settings
    .command('set')
    .description('Changes settings. What is not named stays as it is.')
    .argument('<name=value...>', 'on or off, a number, never, or a text')
    .option('--dry-run', 'only show what would change')
    .addHelpText(
      'after',
      examples(
        'latchkey settings set apiKeysAllowed=on apiKeyLifetimeDays=90',
        'latchkey settings set apiKeyLifetimeDays=never',
        "latchkey settings set 'siteName=Keys of our lab'",
      ),
    )
    .action(async (assignments: readonly string[], { dryRun }: { dryRun?: true }, command: Command) => {
      const pairs = assignments.map(splitAssignment)
      const { api, output } = await connect(command)
      const { value: before, headers } = await api.send<Settings>('GET', path)
      const change = changeOf(before, pairs)
      await explain(api, output, before, change)
      if (dryRun) {
        output.result('Nothing was changed.', { dryRun: true, ...before, ...change })
        return
      }
      const after = await put(api, change, headers.get('etag'))
      output.result('Saved.', after)
    })
}

function splitAssignment(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UsageFailure('Settings are given as NAME=VALUE.')
  return [text.slice(0, equals), text.slice(equals + 1)]
}

function changeOf(before: Settings, pairs: readonly (readonly [string, string])[]): SettingsChange {
  const change: Record<string, Value> = {}
  for (const [name, text] of pairs) {
    const known = nameOf(before, name)
    if (known in change) throw new UsageFailure(`${known} is given twice.`)
    change[known] = readValue(known, before[known], text)
  }
  return change
}

function nameOf(settings: Settings, name: string): keyof Settings {
  const names = Object.keys(settings) as (keyof Settings)[]
  const known = names.find((each) => each === name)
  if (known === undefined) throw new UsageFailure(`There is no such setting; there are ${names.join(', ')}.`)
  return known
}

/** The kind of value is that of the present one; which values are allowed, the server says. */
function readValue(name: keyof Settings, present: Value, text: string): Value {
  if (typeof present === 'string') return text
  if (typeof present === 'boolean') {
    if (/^(on|true|yes)$/i.test(text)) return true
    if (/^(off|false|no)$/i.test(text)) return false
    throw new UsageFailure(`${name} takes on or off.`)
  }
  if (name === 'apiKeyLifetimeDays' && /^(never|null)$/i.test(text)) return null
  if (!/^\d{1,9}$/.test(text)) throw new UsageFailure(`${name} takes a whole number.`)
  return Number(text)
}

/** On standard error: what changes, and whom a shorter lifetime concerns. */
async function explain(api: Api, output: Output, before: Settings, change: SettingsChange): Promise<void> {
  const names = Object.keys(change) as (keyof Settings)[]
  const changed = names.filter((name) => before[name] !== change[name])
  if (changed.length === 0) output.warn('All of that is so already.')
  for (const name of changed) output.warn(`${name}: ${shown(before[name])} → ${shown(change[name])}`)
  const days = change.apiKeyLifetimeDays
  if (days === undefined || days === null || days >= (before.apiKeyLifetimeDays ?? Number.POSITIVE_INFINITY))
    return
  const { live, shortened, ended } = await api.get<Static<typeof PolicyPreview>>(`${path}/preview`, {
    apiKeyLifetimeDays: days,
  })
  output.warn(
    `New API keys live ${counted(days, 'day')}. Of ${counted(live, 'live API key')}, ${shortened.toLocaleString('en')} ` +
      `live longer than that and stay as they are; \`latchkey keys clamp\` would shorten them and end ` +
      `${ended.toLocaleString('en')} at once.`,
  )
}

async function put(api: Api, body: SettingsChange, etag: string | null): Promise<Settings> {
  const headers = etag === null ? {} : { 'if-match': etag }
  try {
    return (await api.send<Settings>('PUT', path, { body, headers })).value
  } catch (error) {
    if (!(error instanceof ServerProblem) || error.status !== 412) throw error
    throw new Failure(`${error.message} This command changed nothing.`, error.exitCode, { cause: error })
  }
}

function shown(value: Value | undefined): string {
  if (value === null) return 'never'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}
