/**
 * What `doctor` and `netrc check` found, one finding a line: ok, warn or fail, and what to do. A fail is exit code 1.
 */
import { exitCodes } from './failure.ts'
import type { Colour, Output } from './output.ts'
import { plainText } from './plain-text.ts'

export interface Finding {
  readonly status: 'ok' | 'warn' | 'fail'
  /** What was looked at, in a word or two. */
  readonly check: string
  /** What was found and, unless it is fine, what to do. */
  readonly text: string
}

export const ok = (check: string, text: string): Finding => ({ status: 'ok', check, text })
export const warn = (check: string, text: string): Finding => ({ status: 'warn', check, text })
export const fail = (check: string, text: string): Finding => ({ status: 'fail', check, text })

const colours: Readonly<Record<Finding['status'], Colour>> = { ok: 'green', warn: 'yellow', fail: 'red' }

export function showFindings(output: Output, findings: readonly Finding[]): void {
  if (output.isForPerson) {
    for (const { status, check, text } of findings) {
      const word = output.colour(colours[status], status.padEnd(4))
      output.line(`${word}  ${plainText(`${check}: ${text}`)}`)
    }
  } else {
    output.result('', findings)
  }
  if (findings.some(({ status }) => status === 'fail')) process.exitCode = exitCodes.failed
}
