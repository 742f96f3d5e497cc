/**
 * What the commands work with, made from the options that all of them have: how to show things, and the server.
 */
import type { Command } from 'commander'
import { type Api, createApi, type Query } from './api.ts'
import { UsageFailure } from './failure.ts'
import { createOutput, type Output } from './output.ts'
import {
  defaultConfigPath,
  originOf,
  readServerAccess,
  readServerOrigin,
  type ServerAccess,
} from './server-access.ts'

export interface GlobalOptions {
  readonly json?: boolean
  readonly config?: string
}

export function outputOf(command: Command): Output {
  const { json = false } = command.optsWithGlobals<GlobalOptions>()
  return createOutput({
    isJson: json,
    standardOutput: process.stdout,
    standardError: process.stderr,
    environment: process.env,
  })
}

/** null: no server is configured. @throws UsageFailure */
export async function accessOf(command: Command): Promise<ServerAccess | null> {
  return await readServerAccess(process.env, command.optsWithGlobals<GlobalOptions>().config)
}

/** The address alone: of --url, else the configured one. null: none is configured. @throws UsageFailure */
export async function originFor(command: Command, url: string | undefined): Promise<string | null> {
  if (url !== undefined) return originOf(url, '--url')
  return await readServerOrigin(process.env, command.optsWithGlobals<GlobalOptions>().config)
}

/** @throws UsageFailure without a configured server */
export async function connect(command: Command): Promise<{ readonly api: Api; readonly output: Output }> {
  const access = await accessOf(command)
  if (access === null) {
    throw new UsageFailure(
      'No server is configured. Set LATCHKEY_URL, LATCHKEY_USER and LATCHKEY_PASSWORD, or write ' +
        `${defaultConfigPath(process.env)} (0600): {"url": "https://…", "user": "…", "password": "…"}.`,
    )
  }
  return { api: createApi(access), output: outputOf(command) }
}

/** Shows a list of the server as CSV, all that match. @throws UsageFailure together with --json */
export async function showCsv(command: Command, path: string, query: Query): Promise<void> {
  if (command.optsWithGlobals<GlobalOptions>().json)
    throw new UsageFailure('--csv and --json do not go together.')
  const { api, output } = await connect(command)
  for await (const text of api.stream(path, 'text/csv', query)) output.raw(text)
}
