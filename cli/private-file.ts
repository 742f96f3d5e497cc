/**
 * Files that hold secrets: whether one is private, and replacing one so that whoever reads it, and whatever ends us in
 * between, finds the old text or the new one, whole.
 */
import { randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readlink, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

const isWindows = process.platform === 'win32'

/**
 * A file's bytes, if it is private. Checked on the open file, so that nobody can swap it in between; a pipe in its place
 * holds nobody up.
 * @returns null when there is no such file
 * @throws Error with the sentence of privacyProblem
 */
export async function readPrivateFile(path: string): Promise<Buffer | null> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (isNotThere(error)) return null
    throw error
  }
  try {
    const problem = privacyProblem(await file.stat(), path)
    if (problem !== null) throw new Error(problem)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** @returns a sentence that says why others may read or write the file and what to do, or null when it is private */
export function privacyProblem(found: Stats, path: string): string | null {
  if (!found.isFile()) return `${path} is not a file.`
  if (isWindows) return null
  if (process.getuid !== undefined && found.uid !== process.getuid()) {
    return `${path} belongs to another user (uid ${found.uid}).`
  }
  if ((found.mode & 0o077) === 0) return null
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
  return `${path} can be opened by other users (mode ${mode}): chmod 600 ${path}`
}

/**
 * The file that a path means in the end, also when the last link leads to a file that is not there yet.
 * @throws Error of the file system, ELOOP for links that lead in circles
 */
export async function targetOf(path: string): Promise<string> {
  const absolute = resolve(path)
  try {
    return await realpath(absolute)
  } catch (error) {
    if (!isNotThere(error)) throw error
  }
  const folder = await realpath(dirname(absolute))
  const inFolder = join(folder, basename(absolute))
  const isLink = await lstat(inFolder).then(
    (found) => found.isSymbolicLink(),
    () => false,
  )
  return isLink ? await targetOf(resolve(folder, await readlink(inFolder))) : inFolder
}

/** Writes the new text beside the file, 0600, to the disk, and puts it in the file's place. */
export async function replacePrivateFile(target: string, bytes: Buffer): Promise<void> {
  const draft = join(dirname(target), `.${basename(target).replace(/^\./, '')}.${randomUUID()}.new`)
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncFolder(dirname(target))
}

/** So that the rename outlives a power cut, where folders can be synced. */
async function syncFolder(folder: string): Promise<void> {
  if (isWindows) return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function isNotThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
