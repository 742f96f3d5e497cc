// The files around the embedded Redis: its private data folder, the lock file of systems without flock, and
// the note that tells other commands where the socket is. It neither starts nor stops processes. Only
// ./embedded-redis.ts calls it.

import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { EmbeddedRedisError } from './embedded-redis-error.ts'

// sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included.
const SOCKET_PATH_LIMIT_BYTES = 104
const SOCKET_FOLDER_PREFIX = 'latchkey-'
const MADE_SOCKET_FOLDER = /^latchkey-[A-Za-z0-9]{6}$/ // as mkdtemp names it
const SOCKET_NAME = 'redis.sock'
const SOCKET_NOTE = 'redis.socket'

/**
 * Makes the folder, or takes the one that is there if it is ours, and leaves it at 0700: it will hold digests,
 * sessions and the pepper. Error: `redis_start_failed`.
 */
export async function prepareDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw refusal(`The data folder ${folder} cannot be made: ${reason(error)}.`, error)
  }
  const found = await stat(folder)
  if (!found.isDirectory()) throw refusal(`The data folder ${folder} is not a folder.`)
  if (process.getuid !== undefined && found.uid !== process.getuid()) {
    throw refusal(
      `The data folder ${folder} belongs to another user (uid ${found.uid}; this process is uid ` +
        `${process.getuid()}). Give it to this user or name a new folder inside it.`,
    )
  }
  if ((found.mode & 0o077) === 0) return
  // Started as root with the data folder /tmp or /var, tightening would break the whole machine.
  const names = await readdir(folder)
  if (names.length > 0 && !names.includes('appendonlydir')) {
    throw refusal(
      `The data folder ${folder} can be opened by other users and holds other files. ` +
        `Name a new folder, or make it private first: chmod 700 ${folder}`,
    )
  }
  await chmod(folder, 0o700)
}

/** Path of a socket in a new private folder; short, because a socket path that is too long cannot be opened. */
export async function makeSocketPath(): Promise<string> {
  const wanted = resolve(tmpdir())
  const longest = join(wanted, `${SOCKET_FOLDER_PREFIX}XXXXXX`, SOCKET_NAME)
  const parent = Buffer.byteLength(longest) < SOCKET_PATH_LIMIT_BYTES ? wanted : '/tmp'
  try {
    return join(await mkdtemp(join(parent, SOCKET_FOLDER_PREFIX)), SOCKET_NAME)
  } catch (error) {
    throw refusal(`No folder for the Redis socket could be made in ${parent}: ${reason(error)}.`, error)
  }
}

/** Removes what makeSocketPath made, and nothing when the path is of another making. */
export function removeSocketFolder(socketPath: string): void {
  const socketFolder = dirname(socketPath)
  if (!MADE_SOCKET_FOLDER.test(basename(socketFolder)) || basename(socketPath) !== SOCKET_NAME) return
  rmSync(socketPath, { force: true })
  try {
    rmdirSync(socketFolder)
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY')) throw error
  }
}

/** Path of the socket as the server that last became ready on this folder noted it, or null. */
export function readSocketNote(folder: string): string | null {
  try {
    const socketPath = readFileSync(join(folder, SOCKET_NOTE), 'utf8').trim()
    return isAbsolute(socketPath) ? socketPath : null
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null
    throw error
  }
}

export function writeSocketNote(folder: string, socketPath: string): void {
  replaceFile(join(folder, SOCKET_NOTE), `${socketPath}\n`)
}

/** Leaves the note alone when it is by now that of another server. */
export function removeSocketNote(folder: string, socketPath: string): void {
  if (readSocketNote(folder) === socketPath) rmSync(join(folder, SOCKET_NOTE), { force: true })
}

export interface PidLock {
  /** From now on the lock is held for as long as this process lives. */
  passTo(pid: number): void
  release(): void
}

/**
 * A lock for systems without flock: a file that holds the pid of its owner and is stale once that process is
 * gone. Null when its owner lives. Made and moved only by link and rename, which are atomic, so that two
 * starts never both hold it.
 */
export function takePidLock(lockPath: string): PidLock | null {
  if (!linkNewFile(lockPath) && !(removeStaleLock(lockPath) && linkNewFile(lockPath))) return null
  return {
    passTo: (pid) => replaceFile(lockPath, `${pid}\n`),
    release: () => rmSync(lockPath, { force: true }),
  }
}

function linkNewFile(lockPath: string): boolean {
  const draft = `${lockPath}.${randomUUID()}`
  writeFileSync(draft, `${process.pid}\n`, { mode: 0o600 })
  return linkAndRemove(draft, lockPath)
}

function removeStaleLock(lockPath: string): boolean {
  const aside = `${lockPath}.${randomUUID()}`
  try {
    if (isAlive(Number(readFileSync(lockPath, 'utf8')))) return false
    renameSync(lockPath, aside)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true
    throw error
  }
  // Between reading and moving, another start may have replaced the stale lock by its own: put that back.
  if (isAlive(Number(readFileSync(aside, 'utf8')))) {
    linkAndRemove(aside, lockPath)
    return false
  }
  rmSync(aside, { force: true })
  return true
}

function linkAndRemove(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(from, { force: true })
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

function replaceFile(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, path)
}

function refusal(message: string, cause?: unknown): EmbeddedRedisError {
  return new EmbeddedRedisError('redis_start_failed', message, { cause })
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
