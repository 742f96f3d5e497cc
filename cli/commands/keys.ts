/**
 * `latchkey keys`: the list of all API keys, counting, minting, verifying. Revoking and clamping have their own files.
 */
import { type Command, Option } from 'commander'
import type { ApiKey, MintedApiKey } from '../../schemas/api-key.ts'
import type { Verdict } from '../../schemas/verdict.ts'
import { pagesOf, pathOf } from '../api.ts'
import { connect, showCsv } from '../context.ts'
import { exitCodes } from '../failure.ts'
import { type FilterOptions, filterQuery, withFilters } from '../key-filters.ts'
import { examples, limitOption } from '../options.ts'
import { localTime } from '../output.ts'
import { readSecret } from '../prompts.ts'
import type { Column } from '../table.ts'
import { addClamp } from './keys-clamp.ts'
import { addRevoke } from './keys-revoke.ts'

export const allKeysPath = '/v1/admin/api-keys'
const largestPage = 200

const columns: readonly Column<ApiKey>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'NUMBER', text: ({ number }) => String(number), isNumber: true },
  { title: 'USER', text: ({ user }) => user, mayCut: 'last' },
  { title: 'DESCRIPTION', text: ({ description }) => description, mayCut: 'first' },
  { title: 'CREATED', text: ({ createdAt }) => localTime(createdAt) },
  { title: 'EXPIRES', text: ({ expiresAt }) => localTime(expiresAt) },
  { title: 'LAST USED', text: ({ lastUsedAt }) => localTime(lastUsedAt) },
]

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('API keys of all users.')
  addList(keys)
  addCount(keys)
  addMint(keys)
  addRevoke(keys)
  addClamp(keys)
  addVerify(keys)
}

interface ListOptions extends FilterOptions {
  readonly sort?: string
  readonly order?: string
  readonly limit: number
  readonly all?: true
  readonly csv?: true
}

function addList(keys: Command): void {
  withFilters(keys.command('list').description('Lists API keys, the newest first.'))
    .addOption(
      new Option('--sort <by>', 'what to sort by').choices(['createdAt', 'expiresAt', 'lastUsedAt', 'user']),
    )
    .addOption(new Option('--order <order>', 'upwards or downwards').choices(['asc', 'desc']))
    .addOption(limitOption())
    .addOption(new Option('--all', 'all that match').conflicts('limit'))
    .addOption(
      new Option('--csv', 'all that match, as CSV that is safe for spreadsheets').conflicts([
        'limit',
        'json',
      ]),
    )
    .addHelpText(
      'after',
      examples(
        'latchkey keys list --user ada@example.org',
        'latchkey keys list --never-used --created-before 2026-01-01 --all',
        'latchkey keys list --sort expiresAt --order asc --limit 10',
        'latchkey keys list --csv > api-keys.csv',
      ),
    )
    .action(async (options: ListOptions, command: Command) => {
      const { sort, order, all, csv, limit } = options
      const query = { ...filterQuery(options), sort, order }
      if (csv) {
        await showCsv(command, allKeysPath, query)
        return
      }
      const { api, output } = await connect(command)
      const most = all ? Number.POSITIVE_INFINITY : limit
      const isMore = await output.list(columns, pagesOf<ApiKey>(api, allKeysPath, query, most, largestPage))
      if (isMore)
        output.warn(`There may be more than these ${limit}: --all lists all, --limit as many as you like.`)
    })
}

function addCount(keys: Command): void {
  withFilters(keys.command('count').description('Counts API keys.'))
    .addHelpText('after', examples('latchkey keys count', 'latchkey keys count --never-expires'))
    .action(async (options: FilterOptions, command: Command) => {
      const { api, output } = await connect(command)
      const answer = await api.get<{ count: number }>(`${allKeysPath}/count`, filterQuery(options))
      // A bare number is JSON, too.
      output.line(String(answer.count))
    })
}

function addMint(keys: Command): void {
  keys
    .command('mint')
    .description('Makes an API key for a user and shows its secret, once.')
    .argument('<user>', 'name of the user; made when not known yet')
    .option('--description <text>', 'what the key is for', '')
    .addHelpText(
      'after',
      `\nWithout a terminal the secret alone is on standard output.\n${examples(
        'latchkey keys mint ada@example.org --description "nightly import"',
        'latchkey keys mint ada@example.org > key && chmod 600 key',
      )}`,
    )
    .action(async (user: string, { description }: { description: string }, command: Command) => {
      const { api, output } = await connect(command)
      const path = pathOf('v1', 'users', user, 'api-keys')
      const { value: key } = await api.send<MintedApiKey>('POST', path, { body: { description } })
      if (command.optsWithGlobals().json) output.result('', key)
      else output.line(key.secret)
      output.note(
        `Key ${key.number} of ${key.user} (id ${key.id}), expires: ${localTime(key.expiresAt)}. ` +
          'This is the only time that the key is shown.',
      )
    })
}

function addVerify(keys: Command): void {
  keys
    .command('verify')
    .description('Verifies a credential from standard input: exit code 0 when it is active, 1 when not.')
    .addHelpText('after', examples('latchkey keys verify < key', 'latchkey keys verify   (asks for it)'))
    .action(async (_options: object, command: Command) => {
      const { api, output } = await connect(command)
      const credential = await readSecret('Credential')
      const { value: verdict } = await api.send<Verdict>('POST', '/v1/verify', { body: { credential } })
      await output.record(verdictRecord(verdict), verdict)
      if (!verdict.active) process.exitCode = exitCodes.failed
    })
}

function verdictRecord({ active, kind, id, user, expiresAt, code, detail }: Verdict): Record<string, string> {
  if (!active) return { active: 'no', code: code ?? '', detail: detail ?? '' }
  return {
    active: 'yes',
    kind: kind ?? '',
    id: id ?? '',
    user: user?.name ?? '',
    roles: user?.roles.join(', ') ?? '',
    groups: user?.groups.join(', ') ?? '',
    expires: localTime(expiresAt ?? null),
  }
}
