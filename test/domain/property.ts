// Runs a fast-check property as one assertion of tap, with the counterexample as its name when it fails.

import fc from 'fast-check'
import type { Test } from 'tap'

export function holds<Values>(t: Test, property: fc.IProperty<Values>, numRuns = 200): void {
  const outcome = fc.check(property, { numRuns })
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `holds for ${outcome.numRuns} random cases`)
}
