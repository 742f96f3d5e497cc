/**
 * Compare-and-set, repeated: reads afresh and tries again while others change the same record.
 */
import { Problem } from './errors.ts'

const attempts = 20

/**
 * @param attempt reads, decides and writes once; `'contended'` when the record was another by then
 * @throws Problem record_contended after 20 attempts
 */
export async function untilSettled<Outcome>(
  attempt: () => Promise<Outcome | 'contended'>,
): Promise<Exclude<Outcome, 'contended'>> {
  for (let count = 0; count < attempts; count++) {
    const outcome = await attempt()
    if (outcome !== 'contended') return outcome as Exclude<Outcome, 'contended'>
  }
  throw new Problem('record_contended')
}
