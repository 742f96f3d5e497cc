/**
 * `latchkey init`: creates the site in an external Redis, on the machine itself.
 */
import type { Command } from 'commander'
import { examples } from '../options.ts'

export function addInit(program: Command): void {
  program
    .command('init')
    .description(
      'Creates the site in the Redis of REDIS_URL, once, and shows the first secret. On the machine.',
    )
    .addHelpText(
      'after',
      `\nIt takes the environment of the server: REDIS_URL, LATCHKEY_PEPPERS, LATCHKEY_PUBLIC_URL.\n${examples(
        'REDIS_URL=redis://10.0.0.5 LATCHKEY_PEPPERS="1:$(openssl rand -base64 32)" latchkey init',
      )}`,
    )
    .action(async () => {
      // Loaded here: commands over HTTP need none of it and start faster.
      const [{ onTheMachine }, { setUpSite, standardOutput }] = await Promise.all([
        import('../on-the-machine.ts'),
        import('../set-up-site.ts'),
      ])
      await onTheMachine(async (open, config) => {
        const isNew = await setUpSite(open, config.publicUrl, standardOutput)
        if (!isNew) standardOutput.print('There is a site already; nothing was changed.\n')
      })
    })
}
