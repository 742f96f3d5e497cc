#!/usr/bin/env node
/**
 * The `latchkey` command. What it does on the machine itself works on the database directly, also while the server runs.
 */
import { Command, Option } from 'commander'
import { type Config, ConfigError, readConfig } from '../config.ts'
import { type Permission, permissions } from '../domain/caller.ts'
import { Problem } from '../domain/errors.ts'
import { addService } from '../domain/services.ts'
import { openSite, SiteRefused } from '../domain/site.ts'
import { EmbeddedRedisError } from '../store/embedded-redis.ts'
import { type OpenCore, openCore, StartRefused, whenReady } from './open-core.ts'
import { setUpSite, standardOutput } from './set-up-site.ts'

const program = new Command('latchkey').description('Administers a Latchkey server.').showHelpAfterError()

program
  .command('init')
  .description('Creates the site in the Redis of REDIS_URL, once, and shows the first secret.')
  .action(() =>
    onTheMachine(async (open, config) => {
      const isNew = await setUpSite(open, config.publicUrl, standardOutput)
      if (!isNew) standardOutput.print('There is a site already; nothing was changed.\n')
    }),
  )

program
  .command('services')
  .description('Services: programs with their own Basic credentials.')
  .command('add')
  .description('Adds a service and shows its secret, once.')
  .argument('<name>', 'lower case letters, digits, dot, underscore, hyphen')
  .addOption(
    new Option('--permissions <list>', `comma-separated, of ${permissions.join(', ')}`)
      .makeOptionMandatory()
      .argParser(parsePermissions),
  )
  .addOption(new Option('--days <number>', 'days until it expires (default: never)').argParser(parseDays))
  .action((name: string, options: { permissions: Permission[]; days?: number }) =>
    onTheMachine(async ({ core }) => {
      if (!(await openSite(core))) throw new Problem('site_not_initialised')
      const service = { name, permissions: options.permissions, lifetimeDays: options.days ?? null }
      const origin = { actor: { kind: 'system', name: 'command line', id: '' }, address: '' } as const
      const added = await addService(core, service, permissions, origin)
      standardOutput.print(`${added.name}:${added.secret.reveal()}\n`)
    }),
  )

try {
  await program.parseAsync()
} catch (error) {
  const isExpected = [ConfigError, StartRefused, SiteRefused, EmbeddedRedisError, Problem].some(
    (kind) => error instanceof kind,
  )
  if (!isExpected || !(error instanceof Error)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

async function onTheMachine(work: (open: OpenCore, config: Config) => Promise<void>): Promise<void> {
  const config = readConfig(process.env)
  let lastError: Error | undefined
  const open = await openCore(config, {
    mayJoin: true,
    onError: (error) => {
      lastError = error
    },
  })
  try {
    if (!(await whenReady(open.redis, 5_000))) {
      throw new StartRefused(`Redis does not answer: ${lastError?.message ?? 'no connection'}.`)
    }
    await work(open, config)
  } finally {
    await open.close()
  }
}

function parsePermissions(text: string): Permission[] {
  return text.split(',').map((part) => {
    const found = permissions.find((permission) => permission === part.trim())
    return found ?? program.error(`"${part}" is no permission; choose of ${permissions.join(', ')}`)
  })
}

function parseDays(text: string): number {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 1 || days > 3650)
    program.error('--days takes a whole number from 1 to 3650')
  return days
}
