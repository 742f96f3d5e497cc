/**
 * A new password as forms ask for it: twice, because nobody sees what is typed.
 */
import { Type } from 'typebox'
import { Problem } from '../domain/errors.ts'
import { InvitationClaim } from '../schemas/session.ts'

export const newPasswordFields = {
  next: InvitationClaim.properties.password,
  repeat: Type.String({ maxLength: 256 }),
}

/** @returns the problem to show at the form, or null */
export function newPasswordProblem({ next, repeat }: { next: string; repeat: string }): Problem | null {
  return next === repeat
    ? null
    : new Problem('request_invalid', { detail: 'The two new passwords are not the same. Type them again.' })
}
