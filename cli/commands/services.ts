/**
 * `latchkey services`: programs with their own Basic credentials. Adding one works on the machine itself, too: without a
 * configured server or with --local. That is the way back in when no credential is left.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Permission, permissions } from '../../domain/caller.ts'
import type { AddedService, Service } from '../../schemas/service.ts'
import { createApi, pathOf } from '../api.ts'
import { accessOf, connect, outputOf } from '../context.ts'
import { examples, wholeNumber, yesOption } from '../options.ts'
import { localTime, type Output } from '../output.ts'
import { confirm } from '../prompts.ts'
import type { Column } from '../table.ts'

const columns: readonly Column<Service>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'PERMISSIONS', text: (service) => service.permissions.join(', '), mayCut: 'first' },
  { title: 'CREATED', text: ({ createdAt }) => localTime(createdAt) },
  { title: 'EXPIRES', text: ({ expiresAt }) => localTime(expiresAt) },
  { title: 'LAST USED', text: ({ lastUsedAt }) => localTime(lastUsedAt) },
]

const allServicesPath = '/v1/admin/services'
const pathOfService = (...parts: readonly string[]): string => pathOf('v1', 'admin', 'services', ...parts)

export function addServices(program: Command): void {
  const services = program
    .command('services')
    .description('Services: programs with their own Basic credentials.')
  services
    .command('list')
    .description('Lists the services.')
    .addHelpText('after', examples('latchkey services list', 'latchkey services list --json'))
    .action(async (_options: object, command: Command) => {
      const { api, output } = await connect(command)
      const { items } = await api.get<{ items: Service[] }>(allServicesPath)
      await output.list(columns, onePortion(items))
    })
  services
    .command('show')
    .description('Shows one service.')
    .argument('<name>', 'name of the service')
    .addHelpText('after', examples('latchkey services show gateway'))
    .action(async (name: string, _options: object, command: Command) => {
      const { api, output } = await connect(command)
      const service = await api.get<Service>(pathOfService(name))
      await output.record(recordOf(service), service)
    })
  addAdd(services)
  addRotate(services)
  services
    .command('remove')
    .description('Removes a service; its secret is refused at once.')
    .argument('<name>', 'name of the service')
    .addOption(yesOption())
    .addHelpText('after', examples('latchkey services remove first'))
    .action(async (name: string, { yes }: { yes?: true }, command: Command) => {
      const path = pathOfService(name)
      const { api, output } = await connect(command)
      if (!yes) {
        const { lastUsedAt } = await api.get<Service>(path)
        await confirm(`Remove the service ${name} (last used: ${localTime(lastUsedAt)})?`)
      }
      await api.send('DELETE', path)
      output.result(`${name} was removed.`, { removed: name })
    })
}

interface AddOptions {
  readonly permissions: Permission[]
  readonly days?: number
  readonly local?: true
}

function addAdd(services: Command): void {
  services
    .command('add')
    .description('Adds a service and shows NAME:SECRET, once.')
    .argument('<name>', 'lower case letters, digits, dot, underscore, hyphen')
    .addOption(
      new Option('--permissions <list>', `comma-separated, of ${permissions.join(', ')}`)
        .makeOptionMandatory()
        .argParser(parsePermissions),
    )
    .addOption(
      new Option('--days <number>', 'days until it expires (default: never)').argParser(wholeNumber(1, 3650)),
    )
    .option(
      '--local',
      'on the machine itself, straight on the database; so it is without a configured server',
    )
    .addHelpText(
      'after',
      examples(
        'latchkey services add gateway --permissions verify,mint',
        'latchkey services add rescue --permissions admin,revoke --days 1 --local',
      ),
    )
    .action(async (name: string, options: AddOptions, command: Command) => {
      const access = options.local ? null : await accessOf(command)
      const output = outputOf(command)
      if (access === null) {
        showSecret(output, command, await addOnTheMachine(name, options))
        return
      }
      const lifetimeDays = options.days ?? null
      const body = { name, permissions: options.permissions, lifetimeDays }
      const { value } = await createApi(access).send<AddedService>('POST', allServicesPath, { body })
      showSecret(output, command, value)
    })
}

function addRotate(services: Command): void {
  services
    .command('rotate')
    .description('Gives a service a new secret and shows NAME:SECRET, once.')
    .argument('<name>', 'name of the service')
    .addOption(
      new Option('--overlap-hours <number>', 'how long the old secret still verifies; 0: refused at once')
        .argParser(wholeNumber(0, 168))
        .default(24),
    )
    .addHelpText(
      'after',
      examples('latchkey services rotate gateway', 'latchkey services rotate gateway --overlap-hours 0'),
    )
    .action(async (name: string, body: { overlapHours: number }, command: Command) => {
      const path = pathOfService(name, 'rotate')
      const { api, output } = await connect(command)
      showSecret(output, command, (await api.send<AddedService>('POST', path, { body })).value)
    })
}

async function addOnTheMachine(name: string, options: AddOptions): Promise<AddedService> {
  // Loaded here: commands over HTTP need none of it and start faster.
  const [{ onTheSite }, { addService }] = await Promise.all([
    import('../on-the-machine.ts'),
    import('../../domain/services.ts'),
  ])
  const service = { name, permissions: options.permissions, lifetimeDays: options.days ?? null }
  const origin = { actor: { kind: 'system', name: 'command line', id: '' }, address: '' } as const
  const added = await onTheSite(async ({ core }) => await addService(core, service, permissions, origin))
  const { createdAtMs, expiresAtMs, secret } = added
  return {
    name,
    permissions: options.permissions as AddedService['permissions'],
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    secret: secret.reveal(),
  }
}

function showSecret(output: Output, command: Command, service: AddedService): void {
  if (command.optsWithGlobals().json) output.result('', service)
  else output.line(`${service.name}:${service.secret}`)
  output.note(`Expires: ${localTime(service.expiresAt)}. This is the only time that the secret is shown.`)
}

function parsePermissions(text: string): Permission[] {
  return text.split(',').map((part) => {
    const found = permissions.find((permission) => permission === part.trim())
    if (found === undefined) throw new InvalidArgumentError(`Choose of ${permissions.join(', ')}.`)
    return found
  })
}

function recordOf({
  name,
  permissions: held,
  createdAt,
  expiresAt,
  lastUsedAt,
}: Service): Record<string, string> {
  return {
    name,
    permissions: held.join(', '),
    created: localTime(createdAt),
    expires: localTime(expiresAt),
    'last used': localTime(lastUsedAt),
  }
}

async function* onePortion<Item>(items: readonly Item[]): AsyncGenerator<readonly Item[], void, void> {
  yield items
}
