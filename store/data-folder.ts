/**
 * What lies in the data folder beside the embedded Redis: the pepper that was generated, and the marker that says which
 * site lives here. A marker without its site means that data was lost. The folder itself is made, private, by
 * embedded-redis.ts before.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface DataFolder {
  /** The generated peppers in the form of LATCHKEY_PEPPERS; null: none yet. */
  readPeppers(): Promise<string | null>
  writePeppers(text: string): Promise<void>
  /** Id of the site that was created here; null: none yet. */
  readMarker(): Promise<string | null>
  writeMarker(siteId: string): Promise<void>
  /** Keeps a text that is to be read by its owner only. @returns its path */
  writePrivate(name: string, text: string): Promise<string>
}

export function openDataFolder(folder: string): DataFolder {
  const writePrivate = async (name: string, text: string, flag = 'w'): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, text, { mode: 0o600, flag, flush: true })
    return path
  }
  return {
    readPeppers: async () => await readOrNull(join(folder, 'peppers')),
    // wx: a pepper that is overwritten is every credential lost.
    writePeppers: async (text) => void (await writePrivate('peppers', `${text}\n`, 'wx')),
    readMarker: async () => await readOrNull(join(folder, 'site')),
    writeMarker: async (siteId) => void (await writePrivate('site', `${siteId}\n`)),
    writePrivate: async (name, text) => await writePrivate(name, text),
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
