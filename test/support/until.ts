// Waiting for what happens by itself, soon: asks again and again, and gives up after a bound.

import { setTimeout as delay } from 'node:timers/promises'

/** Resolves once the question is answered with yes. @throws Error when it was not within the bound */
export async function until(
  what: string,
  isDone: () => boolean | Promise<boolean>,
  boundMs = 20_000,
): Promise<void> {
  const deadlineMs = Date.now() + boundMs
  while (!(await isDone())) {
    if (Date.now() > deadlineMs) throw new Error(`within ${boundMs} ms it did not happen: ${what}`)
    await delay(10)
  }
}
