/**
 * `latchkey doctor`: looks at everything that can be wrong on the machine of the server. It writes nothing to the database.
 */
import type { Command } from 'commander'
import { outputOf } from '../context.ts'
import { type Finding, fail, showFindings } from '../findings.ts'
import { examples } from '../options.ts'

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'Checks Redis, site, peppers, clock, replicas and files. On the machine, also while the server runs.',
    )
    .addHelpText(
      'after',
      `\nIt takes the environment of the server. Exit code 1 when a check fails; warnings do not count.\n${examples(
        'latchkey doctor',
        'LATCHKEY_DATA=/var/lib/latchkey latchkey doctor --json',
      )}`,
    )
    .action(async (_options: object, command: Command) => {
      showFindings(outputOf(command), await examine())
    })
}

async function examine(): Promise<readonly Finding[]> {
  // Loaded here: commands over HTTP need none of it and start faster.
  const [{ readConfig }, { checkDataFolder, checkNode }, { checkDatabase }, { onTheMachine }] =
    await Promise.all([
      import('../../config.ts'),
      import('../check-machine.ts'),
      import('../check-database.ts'),
      import('../on-the-machine.ts'),
    ])
  const findings: Finding[] = [checkNode()]
  try {
    const { redisUrl, dataFolder } = readConfig(process.env)
    if (redisUrl === null) {
      const folder = await checkDataFolder(dataFolder)
      findings.push(...folder.findings)
      // Opening an empty folder would begin a site.
      if (!folder.hasSite) return findings
    }
    findings.push(...(await onTheMachine(checkDatabase)))
  } catch (error) {
    findings.push(fail('start', error instanceof Error ? error.message : String(error)))
  }
  return findings
}
