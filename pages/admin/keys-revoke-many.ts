/**
 * Revoking all API keys that match a filter, and every key of the site. Both are work that goes on by itself: the answer
 * leads to its progress.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { findOwners } from '../../domain/api-key-count.ts'
import { Problem } from '../../domain/errors.ts'
import { startMatchingRevocation } from '../../domain/matching-revocation.ts'
import { revokeAllApiKeys } from '../../domain/revocation.ts'
import { Form } from '../form-fields.ts'
import { originOf } from '../member.ts'
import { askToConfirm } from './confirm.ts'
import { jobPath } from './jobs.ts'
import {
  asksForAll,
  filterOf,
  keysAddress,
  keysPath,
  type TypedFilter,
  typedFields,
  typedIn,
  wordsOf,
} from './keys-filter.ts'
import { isolated } from './user-paths.ts'

/** Users whom the question names, those with most keys first. */
const mostNamed = 10
/** How old a question may be when it is answered: "not used for 90 days" is meant as of then. */
const questionLivesMs = 3_600_000

export function revokeManyPages(app: App): void {
  app.route({
    method: 'GET',
    url: '/admin/keys/revoke-matching',
    config: { access: { session: 'admin' } },
    schema: { hide: true, querystring: Type.Object(typedFields) },
    handler: async (request, reply) => await askForMatching(request, reply, typedIn(request.query)),
  })

  app.route({
    method: 'POST',
    url: '/admin/keys/revoke-matching',
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, body: Form({ ...typedFields, at: Type.String({ pattern: '^\\d{13}$' }) }) },
    handler: async (request, reply) => {
      const { at, ...typed } = request.body
      const atMs = Number(at)
      const { nowMs } = await app.core.stores.site.read()
      if (atMs > nowMs || atMs < nowMs - questionLivesMs) {
        throw new Problem('request_invalid', {
          detail: 'This question is too old by now. Look at the list again.',
        })
      }
      const filter = filterOf(typedIn(typed), atMs)
      // Keys that were made since the question was asked are none of those that it counted.
      const seen = { ...filter, createdToMs: Math.min(filter.createdToMs, atMs) }
      if (asksForAll(filter)) throw new Problem('request_invalid')
      const job = await startMatchingRevocation(app.core, seen, originOf(request))
      app.continueJobs()
      return reply.redirect(jobPath(job.id), 303)
    },
  })

  app.route({
    method: 'GET',
    url: '/admin/keys/revoke-all',
    config: { access: { session: 'admin' } },
    schema: { hide: true },
    handler: async (request, reply) => await askForAll(request, reply, null),
  })

  app.route({
    method: 'POST',
    url: '/admin/keys/revoke-all',
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, body: Form({ site: Type.String({ maxLength: 256 }) }) },
    handler: async (request, reply) => {
      try {
        const job = await revokeAllApiKeys(app.core, request.body.site, originOf(request))
        app.continueJobs()
        return reply.redirect(jobPath(job.id), 303)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'site_name_mismatch') throw error
        request.problemCode = error.code
        return await askForAll(request, reply.code(error.status), error)
      }
    },
  })
}

async function askForMatching(
  request: FastifyRequest,
  reply: FastifyReply,
  typed: TypedFilter,
): Promise<string | FastifyReply> {
  const { core } = request.server
  const { nowMs } = await core.stores.site.read()
  const filter = filterOf(typed, nowMs)
  if (asksForAll(filter)) return reply.redirect(`${keysPath}/revoke-all`, 303)
  const { count, users, most } = await findOwners(core, filter, mostNamed)
  if (count === 0)
    throw new Problem('request_invalid', { detail: 'No key matches any more. Nothing was revoked.' })
  const more = users - most.length
  return await askToConfirm(request, reply, {
    section: 'keys',
    title: count === 1 ? 'Revoke the one key that matches?' : `Revoke all ${number(count)} keys that match?`,
    facts: [
      ...most.map(([user, keys]) => [user, keys === 1 ? '1 key' : `${number(keys)} keys`] as const),
      ...(more > 0 ? [['And', `${number(more)} more users`] as const] : []),
    ],
    sentences: [
      `${count === 1 ? '1 API key' : `${number(count)} API keys`} ${wordsOf(typed)}, of ${users === 1 ? '1 user' : `${number(users)} users`}.`,
      'Each is refused everywhere as soon as it is revoked; a page shows how far it is. This cannot be undone.',
    ],
    action: '/admin/keys/revoke-matching',
    fields: [...Object.entries(typed), ['at', String(nowMs)]],
    button: count === 1 ? 'Revoke 1 key' : `Revoke ${number(count)} keys`,
    isDangerous: true,
    back: keysAddress(typed),
  })
}

async function askForAll(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem | null,
): Promise<string> {
  const { core } = request.server
  const { site } = await core.stores.site.read()
  const [count = 0] = await core.stores.keyIndex.count('expires', [
    { least: Number.NEGATIVE_INFINITY, greatest: Number.POSITIVE_INFINITY },
  ])
  return await askToConfirm(request, reply, {
    section: 'keys',
    title: 'Revoke every API key of the site?',
    sentences: [
      `${count === 1 ? '1 API key' : `${number(count)} API keys`}, of every user. Each program that uses one is refused from the next moment on, on every instance.`,
      'Session keys stay; they end with their sessions. This cannot be undone.',
    ],
    typed: {
      name: 'site',
      label: `Type the name of the site, ${isolated(site?.record.settings.siteName ?? '')}, to confirm`,
    },
    action: '/admin/keys/revoke-all',
    button: 'Revoke every key',
    isDangerous: true,
    back: keysPath,
    problem,
  })
}

function number(count: number): string {
  return count.toLocaleString('en')
}
