/**
 * Long answers stop working for a client that is not there any more.
 */
import type { FastifyReply } from 'fastify'

/** Aborts when the response has ended, whoever ended it. Call it once a response. */
export function clientGone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  if (raw.destroyed) controller.abort()
  else raw.once('close', () => controller.abort())
  return controller.signal
}
