/**
 * `latchkey netrc`: puts a key into the file where curl, git, R, Python and others look for credentials, and checks one
 * that is there. The key is never an argument.
 */
import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { keyUserName } from '../../domain/carrier.ts'
import { parseCredential } from '../../domain/credential.ts'
import type { MintedApiKey } from '../../schemas/api-key.ts'
import { type Api, pathOf } from '../api.ts'
import { checkNetrc } from '../check-netrc.ts'
import { connect, originFor, outputOf } from '../context.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { showFindings } from '../findings.ts'
import { NetrcRefused, setNetrcEntry } from '../netrc-text.ts'
import { examples } from '../options.ts'
import { isNotThere, replacePrivateFile, targetOf } from '../private-file.ts'
import { readSecret } from '../prompts.ts'

interface NetrcOptions {
  readonly file?: string
  readonly host?: string
}

interface WriteOptions extends NetrcOptions {
  readonly mint?: string
  readonly description?: string
}

export function addNetrc(program: Command): void {
  const netrc = program.command('netrc').description('The file in which programs look for credentials.')
  withFileAndHost(netrc.command('write'))
    .description('Puts a key into .netrc: from standard input, or a new one.')
    .option('--mint <user>', 'make a new API key for this user')
    .option('--description <text>', 'with --mint: what the key is for')
    .addHelpText(
      'after',
      `\nOther entries and comments stay as they are. The file is replaced as a whole and is yours only (0600).\n${examples(
        'latchkey netrc write --host keys.example.org < key',
        'latchkey netrc write --mint ada@example.org',
      )}`,
    )
    .action(async (options: WriteOptions, command: Command) => {
      const host = await hostFor(command, options.host)
      const path = options.file ?? defaultPath()
      const { target, text } = await readTarget(path)
      // Tried before a key is made: a file that cannot be understood costs no key.
      edit(path, text, host, 'x')
      if (options.mint === undefined) {
        await write(target, edit(path, text, host, await readKey()))
      } else {
        const { api } = await connect(command)
        await mintAndWrite(api, options.mint, options.description ?? `${host} in .netrc`, (key) =>
          write(target, edit(path, text, host, key)),
        )
      }
      outputOf(command).result(`${path}: machine ${host}, login ${keyUserName}.`, {
        file: target,
        machine: host,
        login: keyUserName,
      })
    })
  withFileAndHost(netrc.command('check'))
    .description("Checks the file's permissions, the entry, the key's form, and asks the server.")
    .option('--url <url>', 'address of the server (default: the configured one, else https://HOST)')
    .addHelpText(
      'after',
      examples('latchkey netrc check', 'latchkey netrc check --url https://keys.example.org'),
    )
    .action(async (options: NetrcOptions & { readonly url?: string }, command: Command) => {
      const { url, file, host: named } = options
      const origin = await originFor(command, url)
      const host = named === undefined ? hostOf(origin) : checkedHost(named)
      const isForHost = origin !== null && (url !== undefined || hostOf(origin) === host)
      const findings = await checkNetrc({
        path: file ?? defaultPath(),
        host,
        origin: isForHost ? origin : `https://${host}`,
      })
      showFindings(outputOf(command), findings)
    })
}

function withFileAndHost(command: Command): Command {
  return command
    .option('--file <path>', 'the file (default: .netrc in the home folder; _netrc on Windows)')
    .option('--host <name>', 'name of the machine, without a port (default: that of the configured server)')
}

function defaultPath(): string {
  return join(process.env.HOME || homedir(), process.platform === 'win32' ? '_netrc' : '.netrc')
}

async function hostFor(command: Command, named: string | undefined): Promise<string> {
  return named === undefined ? hostOf(await originFor(command, undefined)) : checkedHost(named)
}

function hostOf(origin: string | null): string {
  if (origin === null) throw new UsageFailure('No server is configured: name the machine with --host.')
  return new URL(origin).hostname.replace(/^\[|\]$/g, '')
}

/** A port there would never match: programs look for the name alone. */
function checkedHost(host: string): string {
  const isName = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(host)
  // IPv6 has colons, too, but more of them.
  if (isName || /^[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*$/.test(host)) return host
  throw new UsageFailure('--host is the name of a machine, without a port and without https://.')
}

async function readTarget(path: string): Promise<{ readonly target: string; readonly text: string }> {
  const target = await targetOf(path).catch((error: Error) => {
    throw new Failure(error.message)
  })
  try {
    const { uid } = await stat(target)
    if (process.getuid !== undefined && uid !== process.getuid()) {
      throw new Failure(`${path} belongs to another user (uid ${uid}).`)
    }
    return { target, text: await readFile(target, 'latin1') }
  } catch (error) {
    if (isNotThere(error)) return { target, text: '' }
    if (error instanceof Failure) throw error
    throw new Failure(`${path} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}

function edit(path: string, text: string, host: string, key: string): string {
  try {
    return setNetrcEntry(text, host, keyUserName, key)
  } catch (error) {
    if (!(error instanceof NetrcRefused)) throw error
    throw new Failure(`${path} was not changed. ${error.message}`)
  }
}

async function write(target: string, text: string): Promise<void> {
  await replacePrivateFile(target, Buffer.from(text, 'latin1')).catch((error: Error) => {
    throw new Failure(`${target} was not changed: ${error.message}`)
  })
}

/** @throws UsageFailure for what is no key, as far as its text tells */
async function readKey(): Promise<string> {
  const key = await readSecret('Key')
  if (!/^[A-Za-z0-9_-]+$/.test(key)) {
    throw new UsageFailure(
      'A key has letters, digits, hyphen and underscore only: other characters break .netrc.',
    )
  }
  // Which site it is of, only the server knows.
  const credential = parseCredential(key, key.slice(4, 8))
  const isKey =
    typeof credential !== 'string' && (credential.kind === 'api-key' || credential.kind === 'session-key')
  if (!isKey) throw new UsageFailure('That is no key: it may be mistyped or cut off.')
  return key
}

/** A key that could not be written is of use to nobody, and is revoked. */
async function mintAndWrite(
  api: Api,
  user: string,
  description: string,
  save: (key: string) => Promise<void>,
): Promise<void> {
  const path = pathOf('v1', 'users', user, 'api-keys')
  const { value: minted } = await api.send<MintedApiKey>('POST', path, { body: { description } })
  try {
    await save(minted.secret)
  } catch (error) {
    const undone = await api.send('DELETE', pathOf('v1', 'admin', 'api-keys', minted.id)).then(
      () => 'It was revoked.',
      () => 'Revoke it.',
    )
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure(`${reason} A key had been made for it (id ${minted.id}). ${undone}`)
  }
}
