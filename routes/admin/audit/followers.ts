/**
 * The clients that follow the audit log on this instance: how many there may be, and their end when the app closes.
 */
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import type { App } from '../../../app.ts'
import { Problem } from '../../../domain/errors.ts'
import { clientGone } from '../../client-gone.ts'

export const followMediaType = 'application/x-ndjson'

const mostFollowers = 16
/** How long a follower may take to read its end before the connection is broken off. */
const farewellMs = 300

export interface Followers {
  /**
   * @param lines what to send, until `gone` aborts
   * @throws Problem too_many_followers
   */
  send(reply: FastifyReply, lines: (gone: AbortSignal) => AsyncIterable<string>): FastifyReply
}

export function createFollowers(app: App): Followers {
  const followers = new Set<Readable>()
  const closing = new AbortController()

  // Before the server waits for open connections to end: these would not end by themselves.
  app.addHook('preClose', async () => {
    closing.abort()
    if (followers.size === 0) return
    const ends = [...followers].map((stream) => new Promise<void>((resolve) => stream.once('close', resolve)))
    await Promise.race([Promise.all(ends), delay(farewellMs, undefined, { ref: false })])
    for (const stream of followers) stream.destroy()
  })

  return {
    send(reply, lines) {
      // No body, no follower.
      const isHead = reply.request.method === 'HEAD'
      if (!isHead && followers.size >= mostFollowers) throw new Problem('too_many_followers')
      const gone = AbortSignal.any([clientGone(reply), closing.signal])
      const stream = Readable.from(isHead ? [] : lines(gone))
      followers.add(stream)
      stream.once('close', () => followers.delete(stream))
      return reply
        .type(followMediaType)
        .header('connection', 'close')
        .header('x-accel-buffering', 'no')
        .send(stream)
    },
  }
}
