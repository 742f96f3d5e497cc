#!/usr/bin/env node
/**
 * The `latchkey` command: administers a server over HTTP, and on the machine itself works on the database directly. A file
 * for each noun is in ./commands. How a command ends is told by its exit code (./failure.ts).
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addAudit } from './commands/audit.ts'
import { addDoctor } from './commands/doctor.ts'
import { addInit } from './commands/init.ts'
import { addKeys } from './commands/keys.ts'
import { addNetrc } from './commands/netrc.ts'
import { addServices } from './commands/services.ts'
import { addSettings } from './commands/settings.ts'
import { addUsers } from './commands/users.ts'
import { exitCodes, Failure } from './failure.ts'
import { errorText } from './output.ts'

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)

const program = new Command('latchkey')
  .description('Administers a Latchkey server.')
  .version(version)
  .option('--config <file>', 'where the server is, and who we are there (0600)')
  .option('--json', 'JSON, also on a terminal')
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ writeErr: (text) => void process.stderr.write(errorText(text)) })
  .exitOverride()
  .addHelpText(
    'after',
    `
Over HTTP it takes LATCHKEY_URL, LATCHKEY_USER and LATCHKEY_PASSWORD from the environment (a service's name and secret,
or apikey and a key), or from ~/.config/latchkey/config.json: {"url": "…", "user": "…", "password": "…"}.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 the server does not answer.

Examples:
  latchkey keys list --user ada@example.org
  latchkey keys revoke --user ada@example.org
  latchkey settings set apiKeysAllowed=on
  latchkey doctor
`,
  )

addKeys(program)
addUsers(program)
addServices(program)
addSettings(program)
addAudit(program)
addNetrc(program)
addInit(program)
addDoctor(program)

// Whoever reads us may stop early (`| head`): that is no error to show.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(exitCodes.failed)
})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  // Commander has shown its own message already, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  if (!isForPerson(error)) throw error
  process.stderr.write(errorText(error.message))
  return error instanceof Failure ? error.exitCode : exitCodes.failed
}

/** By name: the modules that throw the others are loaded only by the commands that need them. */
function isForPerson(error: unknown): error is Error {
  const names = ['ConfigError', 'StartRefused', 'SiteRefused', 'EmbeddedRedisError', 'Problem']
  return error instanceof Failure || (error instanceof Error && names.includes(error.name))
}
