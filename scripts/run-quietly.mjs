// Runs a program without its chatter: its output is kept and shown only when it fails. Used by ./setup.mjs and
// ./system-packages.mjs. Plain JavaScript, because both run before `npm ci`.

import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One line on standard error, which keeps standard output for the program that comes after. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** Answers whether `[program, ...arguments]` ended with 0. */
export function runQuietly([program, ...programArguments], options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-setup-'))
  const path = join(folder, 'output')
  // A file instead of a pipe: when this process is killed, a package manager must not die of a broken pipe
  // half-way through an installation.
  const output = openSync(path, 'a+', 0o600)
  try {
    const { status, signal, error } = spawnSync(program, programArguments, {
      ...options,
      stdio: ['ignore', output, output],
    })
    if (status === 0) return true
    process.stderr.write(readFileSync(path))
    say(
      `${program} ${programArguments.join(' ')} failed (${error?.message ?? signal ?? `status ${status}`}).`,
    )
    return false
  } finally {
    closeSync(output)
    rmSync(folder, { recursive: true, force: true })
  }
}
