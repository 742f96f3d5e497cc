/**
 * The peppers that an instance has, by number. Made once at boot.
 */
import { Problem } from './errors.ts'
import type { Pepper } from './pepper.ts'

export interface PepperRing {
  /** The one that mints. */
  readonly newest: Pepper
  readonly all: readonly Pepper[]
  /** @throws Problem pepper_unknown: a 503, never a false 401 */
  byNumber(number: number): Pepper
}

export function createPepperRing(peppers: readonly Pepper[]): PepperRing {
  const [newest] = peppers.toSorted((left, right) => right.number - left.number)
  if (newest === undefined) throw new TypeError('at least one pepper is needed')
  const numbered = new Map(peppers.map((pepper) => [pepper.number, pepper]))
  return {
    newest,
    all: peppers,
    byNumber(number) {
      const pepper = numbered.get(number)
      if (pepper === undefined) {
        throw new Problem('pepper_unknown', {
          cause: new Error(`no pepper number ${number} in LATCHKEY_PEPPERS`),
        })
      }
      return pepper
    },
  }
}
