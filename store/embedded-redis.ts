// Runs the server's own Redis as a child process, for who has set no REDIS_URL: a real redis-server with its
// append-only file on a private folder, reachable only through a Unix socket. It ends with this process, and a
// second one on the same folder is refused: two would append to one file and destroy it. It sends no commands
// but PING. The server's start, the command line and the tests call it.

import type { ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  makeSocketPath,
  prepareDataFolder,
  readSocketNote,
  removeSocketFolder,
  removeSocketNote,
  takePidLock,
  writeSocketNote,
} from './embedded-folder.ts'
import { EmbeddedRedisError } from './embedded-redis-error.ts'
import { findLauncher, findRedisBinary, LOCK_IS_HELD } from './redis-binary.ts'
import { endChild, spawnDetached, watchChild } from './redis-process.ts'

export { EmbeddedRedisError, type EmbeddedRedisErrorCode } from './embedded-redis-error.ts'

const POLL_INTERVAL_MS = 10
const PING_TIMEOUT_MS = 1_000

export interface EmbeddedRedisOptions {
  /** Data folder; made when missing, 0700. */
  folder: string
  /** Appended to the arguments of redis-server. */
  extraArguments?: readonly string[]
  /** Where to put the socket, in a private folder that exists; default: a new temporary folder, removed by stop(). */
  socketPath?: string
  /** Where to look for the programs; default: PATH. */
  searchPath?: string
}

export interface EmbeddedRedis {
  /** Unix socket. */
  readonly socketPath: string
  readonly pid: number
  /** Resolves when the process has ended, expected or not, with a sentence that says how and its last output. */
  readonly exited: Promise<string>
  /** Ends the process cleanly and removes the socket; may be called again. This process lives on until it is called. */
  stop(): Promise<void>
}

/**
 * Starts Redis and resolves once it answers; loading a large append-only file takes as long as it takes.
 * Errors: EmbeddedRedisError with `data_folder_in_use`, `redis_server_missing`, `redis_server_too_old` or
 * `redis_start_failed`.
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const folder = resolve(options.folder)
  const searchPath = options.searchPath ?? process.env.PATH ?? ''
  const binary = await findRedisBinary(searchPath)
  await prepareDataFolder(folder)
  const launcher = await findLauncher(join(folder, 'lock'), searchPath)
  // Redis removes whatever is at its socket path before it listens there, another server's socket included.
  if (options.socketPath !== undefined && (await ping(options.socketPath)) !== null) {
    throw new EmbeddedRedisError('data_folder_in_use', `Another server listens on ${options.socketPath}.`)
  }
  const previousSocketPath = readSocketNote(folder)
  const socketPath = options.socketPath ?? (await makeSocketPath())
  const lock = launcher === null ? takePidLock(join(folder, 'lock.pid')) : undefined
  if (lock === null) {
    removeSocketFolder(socketPath)
    throw inUse(folder)
  }

  const command = [
    ...(launcher ?? []),
    binary,
    ...redisArguments(folder, socketPath),
    ...(options.extraArguments ?? []),
  ]
  const child = spawnDetached(command, searchPath)
  const ended = watchChild(child, binary)
  if (child.pid !== undefined) lock?.passTo(child.pid)
  // Where setpriv is missing only this ends the child with its parent.
  const onParentExit = () => {
    child.kill('SIGTERM')
    removeSocketNote(folder, socketPath)
    removeSocketFolder(socketPath)
  }
  process.once('exit', onParentExit)
  const exited = ended.then((ending) => {
    process.off('exit', onParentExit)
    lock?.release()
    return ending.text
  })
  let stopping: Promise<void> | undefined
  const stop = () => {
    if (stopping === undefined) {
      // The note goes first, while the lock still keeps another server from writing its own.
      removeSocketNote(folder, socketPath)
      stopping = endChild(child, exited).then(() => removeSocketFolder(socketPath))
    }
    return stopping
  }

  try {
    const early = ended.then((ending) => {
      if (launcher !== null && ending.exitCode === LOCK_IS_HELD) throw inUse(folder)
      throw new EmbeddedRedisError('redis_start_failed', `Redis did not start on ${folder}: ${ending.text}`)
    })
    await Promise.race([waitUntilReady(socketPath, child), early])
    // Left behind by a server whose parent was killed.
    if (previousSocketPath !== null && previousSocketPath !== socketPath)
      removeSocketFolder(previousSocketPath)
    writeSocketNote(folder, socketPath)
  } catch (error) {
    await stop()
    throw error
  }
  return { socketPath, pid: child.pid ?? 0, exited, stop }
}

/** Path of the socket of the server that runs on this folder now, or null. */
export async function findRunningEmbeddedRedis(folder: string): Promise<string | null> {
  const socketPath = readSocketNote(resolve(folder))
  return socketPath !== null && (await ping(socketPath)) !== null ? socketPath : null
}

// The first argument is an option, so Redis reads no configuration file.
function redisArguments(folder: string, socketPath: string): string[] {
  return [
    ...['--port', '0', '--unixsocket', socketPath, '--unixsocketperm', '700'],
    ...['--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
    ...['--maxmemory-policy', 'noeviction', '--daemonize', 'no', '--supervised', 'no'],
    ...['--loglevel', 'warning', '--logfile', ''],
  ]
}

async function waitUntilReady(socketPath: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const reply = await ping(socketPath)
    if (reply === '+PONG') return
    if (reply !== null && reply !== '' && !reply.startsWith('-LOADING')) {
      throw new EmbeddedRedisError('redis_start_failed', `Redis answered PING with: ${reply}`)
    }
    await delay(POLL_INTERVAL_MS)
  }
  // The child is gone: the caller learns why from its ending.
  await new Promise<never>(() => {})
}

/** The reply's first line, '' when there is none in time, null when nobody listens. */
function ping(socketPath: string): Promise<string | null> {
  return new Promise((resolveReply) => {
    let reply = ''
    let isConnected = false
    const socket = connect({ path: socketPath })
    socket.setEncoding('utf8').setTimeout(PING_TIMEOUT_MS, () => socket.destroy())
    socket.on('connect', () => {
      isConnected = true
      socket.write('PING\r\n')
    })
    socket.on('data', (chunk: string) => {
      reply += chunk
      if (reply.includes('\r\n')) socket.destroy()
    })
    socket.on('error', () => {}) // 'close' follows and resolves
    socket.on('close', () => resolveReply(isConnected ? (reply.split('\r\n')[0] ?? '') : null))
  })
}

function inUse(folder: string): EmbeddedRedisError {
  return new EmbeddedRedisError(
    'data_folder_in_use',
    `The data folder ${folder} is in use: another Latchkey runs on it. Stop that one first, or give this one ` +
      'a data folder of its own with LATCHKEY_DATA.',
  )
}
