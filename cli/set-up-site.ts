/**
 * The first start: creates the site and shows, once, the secret of its first service and what to try. On a terminal that
 * goes to standard output, never through the log; without one, into a 0600 file whose path is shown.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { adminRole, defaultRole } from '../domain/caller.ts'
import type { Core } from '../domain/core.ts'
import { invitationPath, inviteUser } from '../domain/invitations.ts'
import { createSite, firstServiceName, openSite } from '../domain/site.ts'
import { type DataFolder, openDataFolder } from '../store/data-folder.ts'
import { type OpenCore, StartRefused } from './open-core.ts'

export interface Screen {
  readonly isTerminal: boolean
  print(text: string): void
}

export const standardOutput: Screen = {
  isTerminal: process.stdout.isTTY === true,
  print: (text) => void process.stdout.write(text),
}

/**
 * Creates the site where there is none. With a data folder, its marker must agree with the database.
 * @returns whether this call created it
 * @throws StartRefused when the data folder remembers a site that the database does not hold
 */
export async function setUpSite(
  { core, dataFolder }: OpenCore,
  publicUrl: string,
  screen: Screen,
): Promise<boolean> {
  const marker = (await dataFolder?.readMarker()) ?? null
  if (marker !== null) {
    const { site } = await core.stores.site.read()
    if (site?.record.id === marker) return false
    throw new StartRefused(
      `The data folder belongs to site ${marker}, but its Redis does not hold that site: data was lost. Restore the ` +
        'folder from a backup; or, to begin anew and give up every key, name an empty folder in LATCHKEY_DATA.',
    )
  }
  const created = await createSite(core)
  const { site } = await core.stores.site.read()
  if (site !== null) await dataFolder?.writeMarker(site.record.id)
  if (created === null) return false
  const steps = firstSteps(publicUrl, created.firstSecret.reveal(), await inviteFirstAdministrator(core))
  await announce(steps, dataFolder, screen)
  return true
}

/** The first administrator's name; more are invited by this one, or by a service with `admin`. */
const firstAdministrator = { user: adminRole, roles: [defaultRole, adminRole] }

async function inviteFirstAdministrator(core: Core): Promise<string> {
  await openSite(core)
  const origin = { actor: { kind: 'system', name: 'server', id: '' }, address: '' } as const
  return (await inviteUser(core, firstAdministrator, origin)).secret.reveal()
}

async function announce(text: string, dataFolder: DataFolder | null, screen: Screen): Promise<void> {
  if (screen.isTerminal) {
    screen.print(text)
    return
  }
  const folder = dataFolder ?? openDataFolder(homedir())
  const name = dataFolder === null ? `.latchkey-first-steps-${Date.now()}` : 'first-steps'
  const path = await folder.writePrivate(name, text)
  screen.print(
    `The site was created. What to try first, with the first secret, is in ${join(path)} (yours only).\n`,
  )
}

function firstSteps(publicUrl: string, secret: string, invitation: string): string {
  const line = '='.repeat(100)
  return `${line}
The site was created. The secrets below are shown this once and stored nowhere; they end in 24 hours.

Paste this into another terminal:

  URL=${publicUrl}
  FIRST=${firstServiceName}:${secret}

  # 1. let users create API keys
  curl -u $FIRST -X PUT $URL/v1/settings -H 'content-type: application/json' -d '{"apiKeysAllowed":true}'
  # 2. mint a key for a user: the answer holds the secret, once
  curl -u $FIRST -X POST $URL/v1/users/ada@example.org/api-keys -H 'content-type: application/json' -d '{}'
  # 3. use it: put the secret of the answer in place of KEY
  curl -u apikey:KEY $URL/v1/me
  # 4. revoke every key of the user, and try step 3 again
  curl -u $FIRST -X POST $URL/v1/admin/api-keys/revoke -H 'content-type: application/json' -d '{"user":"ada@example.org"}'

In the browser, be the first administrator, "${firstAdministrator.user}": choose a password, once, within 24 hours:

  ${publicUrl}${invitationPath}${invitation}

Swagger UI: ${publicUrl}/docs ("Authorize" with ${firstServiceName} and the secret).
A lasting service of your own: npm run latchkey -- services add NAME --permissions verify,mint
${line}
`
}
