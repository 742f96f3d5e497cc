// The programs that are not npm packages: what satisfies each, which package brings it, and how to install it
// without a daemon starting. It decides nothing about npm packages. Only ./setup.mjs calls it.
// Plain JavaScript: it runs before `npm ci`, on whatever Node the system has.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runQuietly, say } from './run-quietly.mjs'

/**
 * One entry a program. `commands`: any one of them will do. `for`: the occasions that need it. `unlessSet`: an
 * environment variable that makes it unnecessary at `start`. `oldestMajor`: of the version its `--version` prints
 * as `v=7.0.15`. `services`: what Debian would start, now or at the next boot, and nobody asked for.
 */
const systemPackages = [
  {
    commands: ['redis-server', 'valkey-server'],
    debian: 'redis-server',
    brew: 'redis',
    for: ['start', 'test'],
    unlessSet: 'REDIS_URL',
    oldestMajor: 7,
    services: ['redis-server.service'],
  },
  { commands: ['chromium'], debian: 'chromium', brew: 'chromium', for: ['test'] },
]

// Debian keeps servers such as nginx in sbin, which is not on the PATH of ordinary users.
const searchFolders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']

/** Sees to everything that `occasion` ('start' or 'test') needs. Answers whether all of it is there. */
export function provideSystemPackages(occasion) {
  const needed = systemPackages.filter((entry) => isNeeded(entry, occasion))
  const missing = needed.filter((entry) => findCommands(entry).length === 0)
  if (missing.length > 0 && !install(missing)) return false
  return needed.map(isNewEnough).every(Boolean)
}

function isNeeded(entry, occasion) {
  const isReplaced = occasion === 'start' && entry.unlessSet && process.env[entry.unlessSet]?.trim()
  return entry.for.includes(occasion) && !isReplaced
}

function findCommands(entry) {
  return entry.commands.flatMap((command) => findCommand(command) ?? [])
}

function findCommand(command) {
  for (const folder of searchFolders) {
    const path = join(folder, command)
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      // Not in this folder.
    }
  }
  return null
}

function install(entries) {
  const isDebian = process.platform === 'linux' && findCommand('apt-get') !== null
  const isBrew = process.platform === 'darwin' && findCommand('brew') !== null
  const [installer, packages] = isBrew
    ? ['brew', entries.map((entry) => entry.brew)]
    : ['apt-get', entries.map((entry) => entry.debian)]
  const command = isBrew ? ['brew', 'install', ...packages] : isDebian && aptCommand(entries)
  if (command) {
    say(`Installing ${packages.join(' ')} with ${installer} …`)
    if (runQuietly(command) && entries.every((entry) => findCommands(entry).length > 0)) return true
  }
  for (const entry of entries) say(instructions(entry))
  return false
}

function aptCommand(entries) {
  const script = fileURLToPath(new URL('apt-install.sh', import.meta.url))
  const services = entries.flatMap((entry) => entry.services ?? [])
  const command = ['sh', script, services.join(' '), ...entries.map((entry) => entry.debian)]
  if (process.getuid() === 0) return command
  if (findCommand('sudo') === null) return null
  // Where nobody can type a password, sudo must fail at once instead of waiting for one.
  return process.stdin.isTTY ? ['sudo', ...command] : ['sudo', '-n', ...command]
}

function instructions(entry) {
  const instead = entry.unlessSet
    ? ` (for npm start, ${entry.unlessSet} set to a server elsewhere does as well)`
    : ''
  return (
    `${entry.commands.join(' or ')} is needed and is not installed. Install it and run this again${instead}:\n` +
    `  Debian, Ubuntu: sudo apt-get install ${entry.debian}\n` +
    `  macOS: brew install ${entry.brew}\n` +
    `  elsewhere: the package that brings ${entry.commands.join(' or ')}`
  )
}

function isNewEnough(entry) {
  if (entry.oldestMajor === undefined) return true
  const versions = findCommands(entry).map((path) => {
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
    return { path, version: /\bv=([\d.]+)/.exec(stdout ?? '')?.[1] ?? 'of an unknown version' }
  })
  if (versions.some(({ version }) => Number.parseInt(version, 10) >= entry.oldestMajor)) return true
  const found = versions.map(({ path, version }) => `${path} is ${version}`).join(', ')
  const instead = entry.unlessSet ? `, or set ${entry.unlessSet} for npm start` : ''
  say(`${found}, but ${entry.oldestMajor}.0 or newer is needed. Install a newer one${instead}.`)
  return false
}
