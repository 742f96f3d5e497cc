/**
 * `latchkey keys clamp`: brings the expiries of existing API keys forward to the policy; what would happen is shown first.
 */
import type { Command } from 'commander'
import type { Static } from 'typebox'
import type { PolicyPreview } from '../../schemas/api-key-list.ts'
import type { Job } from '../../schemas/job.ts'
import type { Settings } from '../../schemas/settings.ts'
import type { Api } from '../api.ts'
import { connect } from '../context.ts'
import { Failure } from '../failure.ts'
import { waitForJob } from '../job-progress.ts'
import { examples, timeoutOption, yesOption } from '../options.ts'
import { counted } from '../output.ts'
import { confirm } from '../prompts.ts'

interface ClampOptions {
  readonly dryRun?: true
  readonly yes?: true
  readonly timeout: number
}

export function addClamp(keys: Command): void {
  keys
    .command('clamp')
    .description(
      'Shortens existing API keys to the setting apiKeyLifetimeDays; older ones end. Never lengthens.',
    )
    .option('--dry-run', 'only show what would happen')
    .addOption(yesOption())
    .addOption(timeoutOption())
    .addHelpText('after', examples('latchkey keys clamp --dry-run', 'latchkey keys clamp --yes'))
    .action(async ({ dryRun, yes, timeout }: ClampOptions, command: Command) => {
      const { api, output } = await connect(command)
      if (dryRun || !yes) {
        const { days, preview } = await previewPolicy(api)
        const sentence = previewSentence(days, preview)
        if (dryRun) {
          output.result(`${sentence} Nothing was changed.`, {
            dryRun: true,
            apiKeyLifetimeDays: days,
            ...preview,
          })
          return
        }
        if (days === null) throw new Failure(sentence)
        await confirm(`${sentence} Shorten them?`)
      }
      const { value: begun } = await api.send<Job>('POST', '/v1/admin/api-keys/clamp')
      const job = await waitForJob(api, begun, timeout)
      output.result(`${counted(job.done, 'API key')} shortened or ended.`, job)
    })
}

async function previewPolicy(
  api: Api,
): Promise<{ readonly days: number | null; readonly preview: Static<typeof PolicyPreview> }> {
  const { apiKeyLifetimeDays: days } = await api.get<Settings>('/v1/settings')
  return { days, preview: await api.get('/v1/settings/preview', { apiKeyLifetimeDays: days ?? 'never' }) }
}

function previewSentence(
  days: number | null,
  { live, shortened, ended }: Static<typeof PolicyPreview>,
): string {
  if (days === null) return 'By the policy keys never expire: there is nothing to shorten to.'
  return (
    `${counted(shortened, 'API key')} of ${live.toLocaleString('en')} would live longer than ${counted(days, 'day')}; ` +
    `${ended.toLocaleString('en')} of these would end at once.`
  )
}
