/**
 * Errors as pages, in the words of the one catalogue. Who is not signed in is led to the sign-in and back.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app.ts'
import type { Caller } from '../domain/caller.ts'
import { Problem } from '../domain/errors.ts'
import { safeReturnPath } from '../domain/return-path.ts'
import { homePath, signInPath } from './paths.ts'
import { showBarePage, showPage } from './show.ts'

export async function showError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const problem = request.server.asProblem(error)
  request.problemCode = problem.code
  if (problem.status >= 500)
    request.log.error({ code: problem.code, err: problem.cause ?? problem }, problem.title)
  if (problem.status === 401) return leadToSignIn(problem, request, reply)
  if (problem.retryAfterSeconds !== null) reply.header('retry-after', String(problem.retryAfterSeconds))
  const { status, title, detail, code } = problem
  reply.code(status).header('cache-control', 'no-store')
  const page = { template: 'error', title, content: () => ({ detail, code, status, homePath }) }
  if (status >= 500) return await showBarePage(reply, page)
  // Where anyone may come, nobody was asked who they are: the frame says it all the same, and whom they impersonate.
  request.caller ??= await signedIn(request).catch(() => null)
  // The frame needs Redis, which may be gone since: then without it.
  return await showPage(request, reply, page).catch(async () => await showBarePage(reply, page))
}

async function signedIn({ headers, server }: FastifyRequest): Promise<Caller | null> {
  const cookie = server.sessionCookie.read(headers.cookie)
  if (cookie === undefined) return null
  const verdict = await server.core.verifier.verify(cookie, ['session'])
  return verdict.active ? verdict.caller : null
}

function leadToSignIn(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const query = new URLSearchParams()
  const isReading = request.method === 'GET' || request.method === 'HEAD'
  const to = isReading ? safeReturnPath(request.url) : null
  if (to !== null && to !== homePath) query.set('to', to)
  // Somebody who came with a cookie was signed in once, and wants to know why that is over.
  if (problem.code !== 'credential_missing') {
    query.set('notice', 'ended')
    request.server.sessionCookie.clear(reply)
  }
  return reply.redirect(query.size === 0 ? signInPath : `${signInPath}?${query}`, 303)
}

/** Addresses below those of pages that lead nowhere, such as a link that was cut off. */
export function nowherePages(app: App): void {
  for (const url of ['/keys/*', '/session-keys/*', '/admin/*', '/invitation', '/invitation/*']) {
    app.route({
      method: 'GET',
      url,
      config: { access: 'anyone' },
      schema: { hide: true },
      handler: async () => {
        throw new Problem(url.startsWith('/invitation') ? 'invitation_invalid' : 'not_found')
      },
    })
  }
}
