/**
 * The one answer that shows a secret an administrator made: the secret of a service, the link of an invitation. It is the
 * answer of the POST itself, so the secret is in no address and no history, and a form is sent only once.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { showPage } from '../show.ts'
import type { AdminSection } from './sections.ts'

/** The hidden field of a form that may be sent once; its value is from domain/sent-forms.ts. */
export const nonceField = Type.String({ pattern: '^[\\w-]{22}$' })

export interface ShownOnce {
  readonly section: AdminSection
  readonly title: string
  /** Over the field, such as "Secret". */
  readonly label: string
  readonly text: string
  /** What to do with it, a sentence each. */
  readonly sentences: readonly string[]
  /** Something to paste, with the secret in it already. */
  readonly snippet?: { readonly title: string; readonly text: string }
  /** Where "Done" leads. */
  readonly back: string
}

export async function showOnce(
  request: FastifyRequest,
  reply: FastifyReply,
  { section, title, ...secret }: ShownOnce,
): Promise<string> {
  const content = () => ({ snippet: null, ...secret })
  return await showPage(request, reply.code(201), { template: 'admin/shown-once', title, section, content })
}

/** For a form that was sent before. */
export async function showNotAgain(
  request: FastifyRequest,
  reply: FastifyReply,
  { section, back }: Pick<ShownOnce, 'section' | 'back'>,
): Promise<string> {
  const content = () => ({ back })
  const page = { template: 'admin/not-again', title: 'Shown already', section, content }
  return await showPage(request, reply.code(409), page)
}
