/**
 * /admin/keys: every API key of the site, filtered and sorted, a page at a time. What is done with keys has its own files.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { App } from '../../app.ts'
import { countQuickly, type QuickCount } from '../../domain/api-key-count.ts'
import { listAllApiKeys } from '../../domain/api-key-list.ts'
import type { ApiKeyQuestion, ApiKeySort } from '../../domain/api-key-order.ts'
import { type ApiKey, readApiKey } from '../../domain/api-keys.ts'
import type { Core } from '../../domain/core.ts'
import { Problem } from '../../domain/errors.ts'
import { listOpenJobs } from '../../domain/jobs.ts'
import { notice } from '../form-fields.ts'
import { showPage } from '../show.ts'
import { jobOnPage } from './jobs.ts'
import {
  csvAddress,
  expiryChoices,
  filterOf,
  fittingSort,
  isFiltered,
  keysAddress,
  keysPath,
  type TypedFilter,
  typedFields,
  typedIn,
  unusedChoices,
  wordsOf,
} from './keys-filter.ts'
import { userPath } from './user-paths.ts'

const keysAPage = 50

const orders = ['asc', 'desc'] as const
const columns = [
  { sort: 'user', title: 'User', first: 'asc' },
  { sort: null, title: 'Key', first: 'asc' },
  { sort: 'createdAt', title: 'Created', first: 'desc' },
  { sort: 'expiresAt', title: 'Expires', first: 'asc' },
  { sort: 'lastUsedAt', title: 'Last used', first: 'asc' },
] as const satisfies readonly { sort: ApiKeySort | null; title: string; first: (typeof orders)[number] }[]

const KeysQuery = Type.Object({
  ...typedFields,
  sort: Type.Optional(Type.String({ maxLength: 16 })),
  order: Type.Optional(Type.String({ maxLength: 4 })),
  cursor: Type.Optional(Type.String({ maxLength: 2_048 })),
  count: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000 })),
  notice,
})

/** Refusals that are about what was typed, or about a link that was cut off. */
const shownAtForm = ['request_invalid', 'user_name_invalid', 'cursor_invalid']

export function keysOfSitePage(app: App): void {
  app.route({
    method: 'GET',
    url: keysPath,
    config: { access: { session: 'admin' } },
    schema: { hide: true, querystring: KeysQuery },
    handler: async (request, reply) => {
      const typed = typedIn(request.query)
      try {
        return await showKeys(request, reply, typed, await find(app.core, typed, request.query))
      } catch (error) {
        if (!(error instanceof Problem) || !shownAtForm.includes(error.code)) throw error
        request.problemCode = error.code
        const detail = error.code === 'cursor_invalid' ? linkProblem : error.detail
        return await showKeys(request, reply.code(error.status), typed, { ...nothing, problem: { detail } })
      }
    },
  })
}

const linkProblem = 'This link to more keys is cut off or from elsewhere. Begin with the first page.'

interface FoundKeys {
  readonly keys: readonly ApiKey[]
  /** Of all that match, beyond this page. */
  readonly total: QuickCount
  readonly sort: Pick<ApiKeyQuestion, 'sort' | 'order'>
  readonly csv: string | null
  readonly isFirst: boolean
  /** Where there is more; null: nowhere. */
  readonly next: string | null
  readonly problem: Pick<Problem, 'detail'> | null
}

const nothing: FoundKeys = {
  keys: [],
  total: { count: 0, isExact: true },
  sort: { sort: 'createdAt', order: 'desc' },
  csv: null,
  isFirst: true,
  next: null,
  problem: null,
}

/** @throws Problem of `shownAtForm` */
async function find(core: Core, typed: TypedFilter, query: Static<typeof KeysQuery>): Promise<FoundKeys> {
  if (typed.id !== '') return await findOne(core, typed.id)
  const { nowMs } = await core.stores.site.read()
  const filter = filterOf(typed, nowMs)
  const chosen = columns.find(({ sort }) => sort !== null && sort === query.sort)
  const sort =
    chosen?.sort == null
      ? fittingSort(typed)
      : { sort: chosen.sort, order: orders.find((order) => order === query.order) ?? chosen.first }
  const cursor = query.cursor || null
  const [page, total] = await Promise.all([
    listAllApiKeys(core, { filter, ...sort }, keysAPage, cursor),
    countQuickly(core, filter),
  ])
  return {
    keys: page.items,
    total,
    sort,
    csv: csvAddress(filter, sort.sort, sort.order),
    isFirst: cursor === null,
    next: page.nextCursor === null ? null : keysAddress(typed, { ...sort, cursor: page.nextCursor }),
    problem: null,
  }
}

/** By its public id, as logs and the audit log name it. */
async function findOne(core: Core, id: string): Promise<FoundKeys> {
  if (!/^[0-9A-Za-z]{16}$/.test(id)) {
    throw new Problem('request_invalid', {
      detail:
        'A public id has 16 letters and digits, as the list and the logs show it. It is never the key itself.',
    })
  }
  const key = await readApiKey(core, id).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'api_key_not_found') return null
    throw error
  })
  return key === null ? nothing : { ...nothing, keys: [key], total: { count: 1, isExact: true } }
}

async function showKeys(
  request: FastifyRequest<{ Querystring: Static<typeof KeysQuery> }>,
  reply: FastifyReply,
  typed: TypedFilter,
  found: FoundKeys,
): Promise<string> {
  const jobs = await listOpenJobs(request.server.core)
  return await showPage(request, reply, {
    template: 'admin/keys',
    title: 'API keys',
    section: 'keys',
    content: ({ settings }) => ({
      ...found,
      settings,
      pageLength: keysAPage,
      typed,
      expiryChoices,
      unusedChoices,
      isFiltered: isFiltered(typed),
      words: wordsOf(typed),
      columns: columns.map((column) => columnOnPage(column, typed, found.sort)),
      first: keysAddress(typed, { ...found.sort }),
      all: keysPath,
      revokeAddress: (id: string) => keysAddress(typed, { id }, 'revoke'),
      userPath,
      jobs: jobs.map(jobOnPage),
      notice: noticeOfRevocation(request.query),
    }),
  })
}

function columnOnPage(
  { sort, title, first }: (typeof columns)[number],
  typed: TypedFilter,
  present: FoundKeys['sort'],
): object {
  if (sort === null || typed.id !== '') return { title, href: null, ariaSort: null }
  const isPresent = present.sort === sort
  const order = isPresent ? (present.order === 'asc' ? 'desc' : 'asc') : first
  const ariaSort = isPresent ? (present.order === 'asc' ? 'ascending' : 'descending') : null
  return { title, href: keysAddress(typed, { sort, order }), ariaSort }
}

function noticeOfRevocation({ notice, count = 0 }: Static<typeof KeysQuery>): string | null {
  if (notice !== 'revoked') return null
  if (count === 0) return 'None of these keys was there any more.'
  return `${count === 1 ? '1 key is' : `${count} keys are`} revoked. No instance accepts ${count === 1 ? 'it' : 'them'} any more.`
}
