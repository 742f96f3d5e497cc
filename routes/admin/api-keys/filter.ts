/** The filters of the list of all API keys, from their query to the domain's terms. */
import { type ApiKeyFilter, everyApiKey } from '../../../domain/api-key-filter.ts'
import { Problem } from '../../../domain/errors.ts'
import { foldUserNameBeginning } from '../../../domain/users.ts'
import type { ApiKeyFilterQuery } from '../../../schemas/api-key-list.ts'

/** @throws Problem request_invalid for a time that does not exist, user_name_invalid */
export function filterOf(query: ApiKeyFilterQuery): ApiKeyFilter {
  const neverExpires = query.neverExpires === true
  return {
    user: query.user ?? null,
    userBeginning: query.userBeginning === undefined ? '' : foldUserNameBeginning(query.userBeginning),
    createdFromMs: momentOf('createdAfter', query.createdAfter, everyApiKey.createdFromMs),
    createdToMs: momentOf('createdBefore', query.createdBefore, everyApiKey.createdToMs),
    expiresFromMs: neverExpires
      ? Number.POSITIVE_INFINITY
      : momentOf('expiresAfter', query.expiresAfter, everyApiKey.expiresFromMs),
    expiresToMs: momentOf('expiresBefore', query.expiresBefore, everyApiKey.expiresToMs),
    isNeverUsed: query.neverUsed === true,
    unusedSinceMs: momentOf('unusedSince', query.unusedSince, everyApiKey.unusedSinceMs),
  }
}

/** The format lets pass what JavaScript cannot read (leap seconds, `+05`), and no number would match every key. */
function momentOf(name: string, text: string | undefined, fallback: number): number {
  const ms = text === undefined ? fallback : Date.parse(text)
  if (Number.isNaN(ms)) throw new Problem('request_invalid', { detail: `"${name}" is no time that exists.` })
  return ms
}
