/**
 * `latchkey keys revoke`: selected API keys, all of a user, all that match a filter, or all on the site. It says how many and
 * whose before it asks; what was revoked is refused everywhere as soon as the server has answered.
 */
import { type Command, Option } from 'commander'
import type { ApiKey, Revocation, Revoked } from '../../schemas/api-key.ts'
import type { Settings } from '../../schemas/settings.ts'
import type { Api, Query } from '../api.ts'
import { connect } from '../context.ts'
import { Failure, ServerProblem, UsageFailure } from '../failure.ts'
import { waitForJob } from '../job-progress.ts'
import { type FilterOptions, filterQuery, withFilters } from '../key-filters.ts'
import { examples, timeoutOption, yesOption } from '../options.ts'
import { counted, type Output } from '../output.ts'
import { confirm } from '../prompts.ts'

interface RevokeOptions extends FilterOptions {
  readonly all?: true
  readonly site?: string
  readonly dryRun?: true
  readonly yes?: true
  readonly timeout: number
}

/** How many keys, and the words for how many and whose. */
interface Plan {
  readonly count: number
  readonly sentence: string
}

/** Keys that are asked about at the same time, to say whose they are. */
const askedAtOnce = 20
/** What one request takes. */
const idsPerRequest = 1_000

export function addRevoke(keys: Command): void {
  const revoke = keys
    .command('revoke')
    .description('Revokes API keys, at once and for ever: by id, all that match, or all on the site.')
    .argument('[ids...]', 'public ids, as the list shows them')
  withFilters(revoke)
    .addOption(new Option('--all', 'all keys on the site; takes --site'))
    .option('--site <name>', 'with --all: the name of the site, as a confirmation')
    .option('--dry-run', 'only show what would happen')
    .addOption(yesOption())
    .addOption(timeoutOption())
    .addHelpText(
      'after',
      `\nOn a terminal it asks first; without one it takes --yes.\n${examples(
        'latchkey keys revoke Ab3dEf6hIj9lMn2p',
        'latchkey keys revoke --user ada@example.org',
        'latchkey keys revoke --unused-since 2026-06-01 --dry-run',
        'latchkey keys revoke --all --site Latchkey --yes',
      )}`,
    )
    .action(async (ids: readonly string[], options: RevokeOptions, command: Command) => {
      checkUsage(ids, options)
      const { api, output } = await connect(command)
      const { dryRun, yes, timeout } = options
      const plan = dryRun || !yes ? await planOf(api, ids, options) : null
      if (plan !== null && dryRun) {
        output.result(`Would revoke ${plan.sentence}. Nothing was changed.`, {
          dryRun: true,
          revoked: plan.count,
        })
        return
      }
      if (plan !== null) await confirm(`Revoke ${plan.sentence}?`)
      if (ids.length > 0) await revokeIds(api, output, ids)
      else await revokeMany(api, output, bodyOf(options), timeout)
    })
}

function checkUsage(ids: readonly string[], options: RevokeOptions): void {
  const { all, site } = options
  const ways = [ids.length > 0, filtersOf(options).length > 0, all === true].filter(Boolean).length
  if (ways !== 1)
    throw new UsageFailure(
      'Name ids, or filters such as --user NAME, or --all --site NAME: one of the three.',
    )
  if (all === true && site === undefined)
    throw new UsageFailure('--all takes --site NAME, as a confirmation.')
  if (all !== true && site !== undefined) throw new UsageFailure('--site goes with --all.')
  if (!ids.every((id) => /^[0-9A-Za-z]{16}$/.test(id))) {
    throw new UsageFailure('An id is the 16 letters and digits that the list shows, never the key itself.')
  }
}

/** The filters that are given, as the API calls them. */
function filtersOf(options: RevokeOptions): readonly (readonly [string, Query[string]])[] {
  return Object.entries(filterQuery(options)).filter(([, value]) => value !== undefined)
}

function bodyOf(options: RevokeOptions): Revocation {
  const { user, site = '' } = options
  const filters = filtersOf(options)
  if (filters.length === 0) return { all: true, site }
  // All of a user is one write; what else is asked for is a job.
  return user !== undefined && filters.length === 1 ? { user } : { matching: Object.fromEntries(filters) }
}

async function planOf(api: Api, ids: readonly string[], options: RevokeOptions): Promise<Plan> {
  if (ids.length > 0) return await planOfIds(api, [...new Set(ids)])
  const { user, site } = options
  const filters = filtersOf(options)
  if (filters.length === 0) {
    const { siteName } = await api.get<Settings>('/v1/settings')
    if (siteName !== site)
      throw new Failure('The site has another name: look at `latchkey settings get siteName`.')
  }
  const { count } = await api.get<{ count: number }>('/v1/admin/api-keys/count', filterQuery(options))
  const ofUser = filters.length === 1 ? `all of ${user}` : `all of ${user} that match`
  const ofAnybody = filters.length === 0 ? `all on the site "${site}", of every user` : 'all that match'
  const which = user === undefined ? ofAnybody : ofUser
  return { count, sentence: `${counted(count, 'API key')}, ${which}` }
}

async function planOfIds(api: Api, ids: readonly string[]): Promise<Plan> {
  const found = await findKeys(api, ids)
  const owners = [...new Set(found.map(({ user }) => user))]
  const unknown = ids.length - found.length
  const shown =
    owners.length > 5 ? `${owners.slice(0, 5).join(', ')} and ${owners.length - 5} more` : owners.join(', ')
  const parts = [
    ...(found.length === 0 ? [] : [`${counted(found.length, 'API key')} of ${shown}`]),
    ...(unknown === 0 ? [] : [`${counted(unknown, 'id')} not found`]),
  ]
  return { count: found.length, sentence: parts.join(' and ') }
}

async function findKeys(api: Api, ids: readonly string[]): Promise<readonly ApiKey[]> {
  const found: ApiKey[] = []
  for (let start = 0; start < ids.length; start += askedAtOnce) {
    const some = ids.slice(start, start + askedAtOnce).map((id) => findKey(api, id))
    found.push(...(await Promise.all(some)).filter((key) => key !== null))
  }
  return found
}

async function findKey(api: Api, id: string): Promise<ApiKey | null> {
  try {
    return await api.get<ApiKey>(`/v1/admin/api-keys/${id}`)
  } catch (error) {
    if (error instanceof ServerProblem && error.code === 'api_key_not_found') return null
    throw error
  }
}

async function revokeIds(api: Api, output: Output, ids: readonly string[]): Promise<void> {
  const unique = [...new Set(ids)]
  let revoked = 0
  for (let start = 0; start < unique.length; start += idsPerRequest) {
    const body = { ids: unique.slice(start, start + idsPerRequest) }
    revoked += (await api.send<Revoked>('POST', '/v1/admin/api-keys/revoke', { body })).value.revoked
  }
  output.result(`${counted(revoked, 'API key')} revoked.`, { revoked })
  if (revoked < unique.length) {
    throw new Failure(`${counted(unique.length - revoked, 'id')} did not name an API key (any more).`)
  }
}

async function revokeMany(api: Api, output: Output, body: Revocation, timeout: number): Promise<void> {
  const { value } = await api.send<Revoked>('POST', '/v1/admin/api-keys/revoke', { body })
  if (value.job === undefined) {
    output.result(`${counted(value.revoked, 'API key')} revoked.`, value)
    return
  }
  const isOneByOne = 'matching' in body
  output.note(
    isOneByOne
      ? 'Each is refused everywhere as soon as it is revoked.'
      : 'All API keys on the site are refused from now on; their records are being removed.',
  )
  const job = await waitForJob(api, value.job, timeout)
  const revoked = isOneByOne ? job.done : value.revoked
  output.result(`${counted(revoked, 'API key')} revoked.`, { revoked, job })
}
