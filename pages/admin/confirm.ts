/**
 * The question before something that cannot be taken back, as a page: it says what would happen and to whom, and needs no
 * JavaScript. The answer is a form.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../domain/errors.ts'
import { showPage } from '../show.ts'
import type { AdminSection } from './sections.ts'

export interface Question {
  readonly section: AdminSection
  /** Ends with a question mark. */
  readonly title: string
  /** Whom it concerns: names, ids. */
  readonly facts?: readonly (readonly [term: string, value: string])[]
  /** What happens then, a sentence each. */
  readonly sentences: readonly string[]
  /** Where the form is sent. */
  readonly action: string
  /** Hidden fields of the form, beside `_csrf`; a name may come more than once. */
  readonly fields?: readonly (readonly [name: string, value: string])[]
  /** A field whose text has to be typed before it is done. */
  readonly typed?: { readonly name: string; readonly label: string }
  /** What the button says. */
  readonly button: string
  readonly isDangerous: boolean
  /** Where "Cancel" leads. */
  readonly back: string
  /** What was wrong with the answer before. */
  readonly problem?: Pick<Problem, 'detail'> | null
}

export async function askToConfirm(
  request: FastifyRequest,
  reply: FastifyReply,
  { section, title, ...question }: Question,
): Promise<string> {
  const content = () => ({ facts: [], fields: [], typed: null, problem: null, ...question })
  return await showPage(request, reply, { template: 'admin/confirm', title, section, content })
}
