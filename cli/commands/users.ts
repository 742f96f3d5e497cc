/**
 * `latchkey users`: who there is, with which roles and groups; disabling, enabling, deleting.
 */
import { type Command, Option } from 'commander'
import type { ListedUser, User, UserChange } from '../../schemas/user.ts'
import { pagesOf, pathOf } from '../api.ts'
import { connect } from '../context.ts'
import { UsageFailure } from '../failure.ts'
import { collect, examples, limitOption, yesOption } from '../options.ts'
import { counted, localTime } from '../output.ts'
import { confirm } from '../prompts.ts'
import type { Column } from '../table.ts'

const largestPage = 200

const columns: readonly Column<ListedUser>[] = [
  { title: 'ID', text: ({ id }) => id },
  { title: 'NAME', text: ({ name }) => name, mayCut: 'last' },
  { title: 'ROLES', text: ({ roles }) => roles.join(', '), mayCut: 'first' },
  { title: 'GROUPS', text: ({ groups }) => groups.join(', '), mayCut: 'first' },
  { title: 'DISABLED', text: ({ disabled }) => (disabled ? 'yes' : '') },
  { title: 'KEYS', text: ({ apiKeys }) => String(apiKeys), isNumber: true },
  { title: 'CREATED', text: ({ createdAt }) => localTime(createdAt) },
]

const pathOfUser = (name: string): string => pathOf('v1', 'admin', 'users', name)

export function addUsers(program: Command): void {
  const users = program.command('users').description('Users: roles, groups, disabled.')
  addList(users)
  users
    .command('show')
    .description('Shows one user.')
    .argument('<user>', 'name of the user')
    .addHelpText('after', examples('latchkey users show ada@example.org'))
    .action(async (name: string, _options: object, command: Command) => {
      const { api, output } = await connect(command)
      const user = await api.get<User>(pathOfUser(name))
      await output.record(recordOf(user), user)
    })
  addSet(users)
  addDelete(users)
}

interface ListOptions {
  readonly beginning?: string
  readonly limit: number
  readonly all?: true
}

function addList(users: Command): void {
  users
    .command('list')
    .description('Lists users by name.')
    .option('--beginning <text>', 'users whose name begins like this')
    .addOption(limitOption())
    .addOption(new Option('--all', 'all that match').conflicts('limit'))
    .addHelpText('after', examples('latchkey users list --beginning ad', 'latchkey users list --all --json'))
    .action(async ({ beginning, limit, all }: ListOptions, command: Command) => {
      const { api, output } = await connect(command)
      const most = all ? Number.POSITIVE_INFINITY : limit
      const pages = pagesOf<ListedUser>(api, '/v1/admin/users', { beginning }, most, largestPage)
      const isMore = await output.list(columns, pages)
      if (isMore)
        output.warn(`There are more than these ${limit}: --all lists all, --limit as many as you like.`)
    })
}

interface SetOptions {
  readonly role?: readonly string[]
  readonly group?: readonly string[]
  readonly withoutRoles?: true
  readonly withoutGroups?: true
  readonly disable?: true
  readonly enable?: true
}

function addSet(users: Command): void {
  users
    .command('set')
    .description('Changes a user. What is not named stays as it is.')
    .argument('<user>', 'name of the user')
    .addOption(new Option('--role <role>', 'the roles from now on; may be repeated').argParser(collect))
    .addOption(new Option('--without-roles', 'no role at all').conflicts('role'))
    .addOption(new Option('--group <group>', 'the groups from now on; may be repeated').argParser(collect))
    .addOption(new Option('--without-groups', 'no group at all').conflicts('group'))
    .addOption(new Option('--disable', "refuse all of the user's credentials, at once").conflicts('enable'))
    .option('--enable', 'accept them again')
    .addHelpText(
      'after',
      `\nThe roles and groups that are named replace all that the user has.\n${examples(
        'latchkey users set ada@example.org --role user --role admin',
        'latchkey users set ada@example.org --disable',
      )}`,
    )
    .action(async (name: string, options: SetOptions, command: Command) => {
      const body = changeOf(options)
      if (Object.keys(body).length === 0) {
        throw new UsageFailure('Nothing to change was named: --role, --group, --disable or --enable.')
      }
      const { api, output } = await connect(command)
      const { value: user } = await api.send<User>('PATCH', pathOfUser(name), { body })
      await output.record(recordOf(user), user)
    })
}

function changeOf({ role, withoutRoles, group, withoutGroups, disable, enable }: SetOptions): UserChange {
  const roles = withoutRoles ? [] : role
  const groups = withoutGroups ? [] : group
  return {
    ...(roles === undefined ? {} : { roles: [...roles] }),
    ...(groups === undefined ? {} : { groups: [...groups] }),
    ...(disable || enable ? { disabled: disable === true } : {}),
  }
}

function addDelete(users: Command): void {
  users
    .command('delete')
    .description('Deletes a user and all their API keys, for ever.')
    .argument('<user>', 'name of the user')
    .addOption(yesOption())
    .addHelpText('after', examples('latchkey users delete ada@example.org'))
    .action(async (name: string, { yes }: { yes?: true }, command: Command) => {
      const path = pathOfUser(name)
      const { api, output } = await connect(command)
      if (!yes) {
        const { count } = await api.get<{ count: number }>('/v1/admin/api-keys/count', { user: name })
        await confirm(`Delete the user ${name} with ${counted(count, 'API key')}?`)
      }
      await api.send('DELETE', path)
      output.result(`${name} was deleted.`, { deleted: name })
    })
}

function recordOf({ id, name, roles, groups, disabled, createdAt }: User): Record<string, string> {
  return {
    name,
    id,
    roles: roles.join(', '),
    groups: groups.join(', '),
    disabled: disabled ? 'yes' : 'no',
    created: localTime(createdAt),
  }
}
