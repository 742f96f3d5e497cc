// What the tests of the configuration ask of every variable.

import type { Test } from 'tap'
import { type Config, ConfigError, readConfig } from '../config.ts'

/** The refusal's message. Nothing but a ConfigError counts as one. */
export function refusal(environment: Record<string, string | undefined>): string | null {
  try {
    readConfig(environment)
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

/** Each value is taken, and makes this member of the config; each other value is refused by a message naming the variable. */
export function checkVariable<Member extends keyof Config>(
  t: Test,
  name: string,
  member: Member,
  taken: readonly (readonly [value: string, expected: Config[Member]])[],
  refused: readonly string[],
): void {
  for (const [value, expected] of taken) {
    t.strictSame(readConfig({ [name]: value })[member], expected, `${name}=${JSON.stringify(value)}`)
  }
  for (const value of refused) {
    t.ok(
      refusal({ [name]: value })?.startsWith(`${name} must be `),
      `${name}=${JSON.stringify(value)} is refused`,
    )
  }
}
