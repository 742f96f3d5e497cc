/**
 * How a command ends when it does not end well: a sentence for a person and an exit code for a script. The codes are
 * permanent and documented in docs/cli.md.
 */

/** 0 done · 1 refused or failed · 2 wrong usage · 3 no server answered. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: number

  constructor(message: string, exitCode: number = exitCodes.failed, options: ErrorOptions = {}) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** The command was not given what it needs; nothing was done. */
export class UsageFailure extends Failure {
  constructor(message: string) {
    super(message, exitCodes.usage)
  }
}

/** Nobody answered as Latchkey does: no connection, no answer in time, or something else at that address. */
export class UnreachableFailure extends Failure {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, exitCodes.unreachable, options)
  }
}

/** The server refused, with a problem document (RFC 9457). */
export class ServerProblem extends Failure {
  readonly code: string
  readonly status: number

  constructor({ title, detail, code, status }: ProblemMembers) {
    super(`${title}: ${detail} [${code}]`)
    this.code = code
    this.status = status
  }
}

export interface ProblemMembers {
  readonly title: string
  readonly detail: string
  readonly code: string
  readonly status: number
}
