/**
 * Roles and groups as forms take them: one field, the names separated by commas or spaces. Pure.
 */
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { Problem } from '../../domain/errors.ts'
import { Names } from '../../schemas/common.ts'

/** Above what 64 names need; what is wrong with longer texts is said as an error. */
export const namesField = Type.String({ maxLength: 8_192 })

/** Both lists of a form, at their longest and percent-encoded. */
export const namesFormLimit = 65_536

/** How much of a wrong name is shown: enough to find it again. */
const shownLength = 64

/** The names in the order in which they were typed. @throws Problem request_invalid, which says which name is wrong */
export function readNames(kind: 'role' | 'group', text: string): readonly string[] {
  const names = text.split(/[\s,]+/u).filter((name) => name !== '')
  const wrong = names.find((name) => !Value.Check(Names.items, name))
  if (wrong !== undefined) {
    const shown = [...wrong].length > shownLength ? `${[...wrong].slice(0, shownLength).join('')}…` : wrong
    throw new Problem('request_invalid', {
      detail: `“${shown}” cannot be a ${kind}. A ${kind} has 1 to 64 letters from a to z, digits, or any of _ . : @ / -`,
    })
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new Problem('request_invalid', {
      detail: `The ${kind} “${twice}” is there twice. Leave it in once.`,
    })
  }
  const { length } = names
  if (!Value.Check(Names, names)) {
    throw new Problem('request_invalid', {
      detail: `These are ${length} ${kind}s. A user has at most 64.`,
    })
  }
  return names
}

export function namesText(names: readonly string[]): string {
  return names.join(', ')
}
