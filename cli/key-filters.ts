/**
 * Filters of API keys on the command line.
 */
import { type Command, Option } from 'commander'
import type { Query } from './api.ts'
import { moment } from './options.ts'

export interface FilterOptions {
  readonly user?: string
  readonly beginning?: string
  readonly createdAfter?: string
  readonly createdBefore?: string
  readonly expiresAfter?: string
  readonly expiresBefore?: string
  readonly neverExpires?: true
  readonly neverUsed?: true
  readonly unusedSince?: string
}

/** Adds the options that filter API keys, as the list, the count and revoking take them. */
export function withFilters(command: Command): Command {
  const time = (flags: string, description: string): Option =>
    new Option(flags, description).argParser(moment)
  return command
    .option('--user <name>', 'keys of this user')
    .option('--beginning <text>', 'keys of users whose name begins like this')
    .addOption(time('--created-after <time>', 'created then or later'))
    .addOption(time('--created-before <time>', 'created then or earlier'))
    .addOption(time('--expires-after <time>', 'expiring then or later, or never'))
    .addOption(time('--expires-before <time>', 'expiring then or earlier'))
    .option('--never-expires', 'keys that never expire')
    .option('--never-used', 'keys that were never used')
    .addOption(time('--unused-since <time>', 'not used after it; never used ones count by their creation'))
}

/** The options as the API calls them. */
export function filterQuery({ beginning, ...same }: FilterOptions): Query {
  const {
    user,
    createdAfter,
    createdBefore,
    expiresAfter,
    expiresBefore,
    neverExpires,
    neverUsed,
    unusedSince,
  } = same
  const times = { createdAfter, createdBefore, expiresAfter, expiresBefore }
  return { user, userBeginning: beginning, ...times, neverExpires, neverUsed, unusedSince }
}
