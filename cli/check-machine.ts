/**
 * What `doctor` looks at without a database: the version of Node, and the private folder of the embedded Redis. Nothing
 * is changed; opening the folder as the server does would tighten it first and hide what was wrong.
 */
import type { Stats } from 'node:fs'
import { lstat, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Finding, fail, ok, warn } from './findings.ts'
import { isNotThere } from './private-file.ts'

/** As package.json has it. */
const leastNode = [22, 18] as const

export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor, leastMinor] = leastNode
  const isEnough = major > leastMajor || (major === leastMajor && minor >= leastMinor)
  if (isEnough) return ok('node', `Node ${version}`)
  return fail('node', `Node ${version} is too old: ${leastNode.join('.')} or newer is needed`)
}

export interface FolderReport {
  readonly findings: readonly Finding[]
  /** Whether a site was ever made here, so that opening the folder makes nothing new. */
  readonly hasSite: boolean
}

export async function checkDataFolder(folder: string): Promise<FolderReport> {
  const found = await statOrNull(folder)
  if (found === null) {
    return {
      findings: [fail('data folder', `there is no ${folder}: start the server once, or set LATCHKEY_DATA`)],
      hasSite: false,
    }
  }
  const problem = found.isDirectory() ? openToOthers(found, folder, '700') : `${folder} is no folder`
  const findings = [
    problem === null ? ok('data folder', `${folder} is private`) : fail('data folder', problem),
  ]
  const files = await Promise.all(['peppers', 'site', 'first-steps'].map((name) => checkFile(folder, name)))
  const hasSite = (await statOrNull(join(folder, 'site'))) !== null
  if (found.isDirectory() && !hasSite) {
    findings.push(fail('data folder', 'no site was made here yet: start the server once'))
  }
  return { findings: [...findings, ...files.flat()], hasSite: found.isDirectory() && hasSite }
}

async function checkFile(folder: string, name: string): Promise<readonly Finding[]> {
  const path = join(folder, name)
  const found = await lstat(path).catch(() => null)
  if (found === null) return []
  const problem = openToOthers(found, path, '600')
  if (problem !== null) return [fail(name, problem)]
  if (name === 'first-steps')
    return [warn(name, `${path} holds the first secret: delete it once it was read`)]
  return [ok(name, `${path} is private`)]
}

function openToOthers(
  { uid, mode }: { readonly uid: number; readonly mode: number },
  path: string,
  wanted: string,
): string | null {
  if (process.getuid !== undefined && uid !== process.getuid()) {
    return `${path} belongs to another user (uid ${uid}); run this as the user of the server`
  }
  if ((mode & 0o077) === 0) return null
  return `${path} can be opened by other users (mode ${(mode & 0o777).toString(8)}): chmod ${wanted} ${path}`
}

async function statOrNull(path: string): Promise<Stats | null> {
  return await stat(path).catch((error: unknown) => {
    if (isNotThere(error)) return null
    throw error
  })
}
