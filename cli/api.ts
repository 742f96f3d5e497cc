/**
 * The server over HTTP, with Basic credentials: one request at a time, each with a deadline. Redirects are not followed:
 * the credentials are for the address that was configured and for no other. What the server says is data to show, and is
 * made harmless where it is shown.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type ProblemMembers, ServerProblem, UnreachableFailure, UsageFailure } from './failure.ts'
import type { ServerAccess } from './server-access.ts'

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface Request {
  readonly query?: Query
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answered<Answer> {
  readonly value: Answer
  readonly headers: Headers
}

export interface Api {
  readonly origin: string
  /** @throws ServerProblem, UnreachableFailure */
  get<Answer>(path: string, query?: Query): Promise<Answer>
  /** @throws ServerProblem, UnreachableFailure */
  send<Answer>(method: Method, path: string, request?: Request): Promise<Answered<Answer>>
  /** Text as it comes. An answer that breaks off is an error: half of it is never taken for the whole. */
  stream(path: string, accept: string, query?: Query): AsyncGenerator<string, void>
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Counting or previewing a million keys takes seconds; an answer that pauses longer has died. */
const deadlineMs = 60_000

export function createApi({ origin, user, password }: ServerAccess, silenceMs = deadlineMs): Api {
  const authorization = `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`

  async function ask(
    method: Method,
    path: string,
    { query = {}, body, headers = {} }: Request,
    signal: AbortSignal,
  ): Promise<Response> {
    const url = new URL(path, origin)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const content = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { authorization, accept: 'application/json', ...content, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    }).catch((error: unknown) => {
      throw noAnswer(origin, error, method === 'GET')
    })
    if (!response.ok) throw await refusalOf(origin, response)
    return response
  }

  async function send<Answer>(
    method: Method,
    path: string,
    request: Request = {},
  ): Promise<Answered<Answer>> {
    const response = await ask(method, path, request, AbortSignal.timeout(silenceMs))
    const text = await response.text().catch((error: unknown) => {
      throw noAnswer(origin, error, method === 'GET')
    })
    const value: unknown = response.status === 204 ? null : parseJson(response, text)
    if (value === undefined) throw notLatchkey(origin, response)
    return { value: value as Answer, headers: response.headers }
  }

  return {
    origin,
    send,
    async get<Answer>(path: string, query: Query = {}) {
      return (await send<Answer>('GET', path, { query })).value
    },
    async *stream(path, accept, query = {}) {
      const silence = createSilenceAlarm(silenceMs)
      try {
        const response = await ask('GET', path, { query, headers: { accept } }, silence.signal)
        const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim()
        if (mediaType !== accept || response.body === null) throw notLatchkey(origin, response)
        const decoder = new TextDecoder()
        for await (const bytes of response.body) {
          silence.postpone()
          yield decoder.decode(bytes, { stream: true })
        }
      } catch (error) {
        if (error instanceof ServerProblem || error instanceof UnreachableFailure) throw error
        throw new UnreachableFailure(
          `The answer of ${origin} broke off (${reasonOf(error)}): it is not complete.`,
        )
      } finally {
        silence.end()
      }
    },
  }
}

/**
 * `/v1/admin/users/ada%40example.org`: every part percent-encoded.
 * @throws UsageFailure for parts that a URL cannot hold: `.` and `..` would lead to another operation
 */
export function pathOf(...parts: readonly string[]): string {
  const wrong = parts.find((part) => part === '' || part === '.' || part === '..' || !part.isWellFormed())
  if (wrong !== undefined) throw new UsageFailure(`"${wrong}" is no name.`)
  return `/${parts.map(encodeURIComponent).join('/')}`
}

/** Waits for one portion of a list after the other. @returns whether there is more than was asked for */
export async function* pagesOf<Item>(
  api: Api,
  path: string,
  query: Query,
  most: number,
  largestPage: number,
): AsyncGenerator<readonly Item[], boolean, void> {
  let wanted = most
  let cursor: string | undefined
  while (wanted > 0) {
    const limit = Math.min(wanted, largestPage)
    const page = await api.get<{ items: Item[]; nextCursor: string | null }>(path, {
      ...query,
      limit,
      cursor,
    })
    wanted -= page.items.length
    yield page.items
    if (page.nextCursor === null) return false
    cursor = page.nextCursor
  }
  return true
}

/** Waits longer every time, up to five seconds, and not always the same: many clients must not come back at once. */
export async function backOff(attempt: number): Promise<void> {
  const ms = Math.min(200 * 2 ** Math.min(attempt, 10), 5_000)
  await delay(ms / 2 + Math.random() * (ms / 2))
}

interface SilenceAlarm {
  readonly signal: AbortSignal
  postpone(): void
  end(): void
}

function createSilenceAlarm(ms: number): SilenceAlarm {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Error(`silent for ${ms / 1000} s`)), ms)
  return { signal: controller.signal, postpone: () => void timer.refresh(), end: () => clearTimeout(timer) }
}

/** @returns undefined for what is no JSON */
function parseJson(response: Response, text: string): unknown {
  if (!/[/+]json\b/.test(response.headers.get('content-type') ?? '')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function refusalOf(origin: string, response: Response): Promise<Error> {
  if (response.status >= 300 && response.status < 400) {
    const to = URL.parse(response.headers.get('location') ?? '', response.url)?.origin ?? 'another place'
    return new UnreachableFailure(
      `${origin} sends us to ${to}. The credentials are not sent there: if that is the server, configure its address.`,
    )
  }
  const text = await response.text().catch(() => '')
  const problem = parseJson(response, text)
  return isProblem(problem) ? new ServerProblem(problem) : notLatchkey(origin, response)
}

function isProblem(value: unknown): value is ProblemMembers {
  if (typeof value !== 'object' || value === null) return false
  const { title, detail, code, status } = value as Record<string, unknown>
  return [title, detail, code].every((member) => typeof member === 'string') && typeof status === 'number'
}

function notLatchkey(origin: string, { status }: Response): UnreachableFailure {
  const isGateway = status === 502 || status === 503 || status === 504
  return new UnreachableFailure(
    isGateway
      ? `The gateway at ${origin} does not reach the server (${status}).`
      : `What answers at ${origin} (${status}) is not Latchkey: check the address.`,
  )
}

function noAnswer(origin: string, error: unknown, isRead: boolean): UnreachableFailure {
  const reason = reasonOf(error)
  const wasSent =
    !/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/.test(reason)
  const doubt = isRead || !wasSent ? '' : ' Whether it was done is not known: look, or repeat the command.'
  return new UnreachableFailure(`${origin} does not answer (${reason}).${doubt}`, { cause: error })
}

/** The code of the innermost cause, such as ECONNREFUSED, or what there is instead. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return 'no answer in time'
  if (error.cause instanceof Error) return reasonOf(error.cause)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
