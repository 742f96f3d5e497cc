/** The filters of the list of all API keys, from their query to the domain's terms. */
import { type ApiKeyFilter, everyApiKey } from '../../../domain/api-key-filter.ts'
import { foldUserNameBeginning } from '../../../domain/users.ts'
import type { ApiKeyFilterQuery } from '../../../schemas/api-key-list.ts'

export function filterOf(query: ApiKeyFilterQuery): ApiKeyFilter {
  const neverExpires = query.neverExpires === true
  return {
    user: query.user ?? null,
    userBeginning: query.userBeginning === undefined ? '' : foldUserNameBeginning(query.userBeginning),
    createdFromMs: momentOf(query.createdAfter, everyApiKey.createdFromMs),
    createdToMs: momentOf(query.createdBefore, everyApiKey.createdToMs),
    expiresFromMs: neverExpires
      ? Number.POSITIVE_INFINITY
      : momentOf(query.expiresAfter, everyApiKey.expiresFromMs),
    expiresToMs: momentOf(query.expiresBefore, everyApiKey.expiresToMs),
    isNeverUsed: query.neverUsed === true,
    unusedSinceMs: momentOf(query.unusedSince, everyApiKey.unusedSinceMs),
  }
}

function momentOf(text: string | undefined, fallback: number): number {
  return text === undefined ? fallback : Date.parse(text)
}
