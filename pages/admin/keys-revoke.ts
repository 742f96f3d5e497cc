/**
 * Revoking the selected API keys: the question names how many and whose, the answer revokes them at once. "All that match"
 * has a question of its own.
 */
import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import type { App } from '../../app.ts'
import { type ApiKey, readApiKey } from '../../domain/api-keys.ts'
import type { Core } from '../../domain/core.ts'
import { Problem } from '../../domain/errors.ts'
import { revokeApiKeys } from '../../domain/revocation.ts'
import { Form } from '../form-fields.ts'
import { originOf } from '../member.ts'
import { askToConfirm } from './confirm.ts'
import { isFiltered, keysAddress, typedFields, typedIn } from './keys-filter.ts'
import { isolated } from './user-paths.ts'

const id = Type.String({ pattern: '^[0-9A-Za-z]{16}$' })
/** More than a page shows, far less than a form may hold. */
const mostSelected = 200
const RevokeQuery = Type.Object({
  ...typedFields,
  id: Type.Optional(Type.Union([id, Type.Array(id, { maxItems: mostSelected })])),
  /** 'on': all that match, whatever is ticked besides. */
  all: Type.Optional(Type.String({ maxLength: 2 })),
})
const ids = Type.String({ pattern: `^[0-9A-Za-z]{16}(?:,[0-9A-Za-z]{16}){0,${mostSelected - 1}}$` })

export function revokeSelectedPages(app: App): void {
  app.route({
    method: 'GET',
    url: '/admin/keys/revoke',
    config: { access: { session: 'admin' } },
    schema: { hide: true, querystring: RevokeQuery },
    handler: async (request, reply) => {
      const typed = typedOf(request.query)
      if (request.query.all === 'on') return toAllThatMatch(reply, typed)
      const selected = [...new Set([request.query.id ?? []].flat())]
      const keys = await findKeys(app.core, selected)
      if (keys.length === 0) throw new Problem('request_invalid', { detail: nothingSelected })
      const isOne = keys.length === 1
      return await askToConfirm(request, reply, {
        section: 'keys',
        title: isOne ? 'Revoke this API key?' : `Revoke these ${keys.length} API keys?`,
        facts: factsOf(keys),
        sentences: [
          ...(isOne ? [] : [`${keys.length} keys of ${ownersOf(keys)}.`]),
          ...(keys.length < selected.length ? ['The others that were selected are not there any more.'] : []),
          `Programs that use ${isOne ? 'it' : 'them'} are refused from the next moment on. This cannot be undone.`,
        ],
        action: '/admin/keys/revoke',
        fields: [...Object.entries(typed), ['ids', keys.map(({ id }) => id).join(',')]],
        button: isOne ? 'Revoke' : `Revoke ${keys.length} keys`,
        isDangerous: true,
        back: keysAddress(typed),
      })
    },
  })

  app.route({
    method: 'POST',
    url: '/admin/keys/revoke',
    config: { access: { session: 'admin' }, csrf: 'form' },
    schema: { hide: true, body: Form({ ...typedFields, ids }) },
    handler: async (request, reply) => {
      const { ids, ...typed } = request.body
      const revoked = await revokeApiKeys(app.core, ids.split(','), originOf(request))
      return reply.redirect(keysAddress(typedIn(typed), { notice: 'revoked', count: String(revoked) }), 303)
    },
  })
}

const nothingSelected =
  'No key is selected, or none of those that were is there any more. Go back, tick the keys, and try again.'

/** The filter of the list; `id` names keys here. */
function typedOf({ id: _selected, ...query }: Static<typeof RevokeQuery>) {
  return typedIn(query)
}

function toAllThatMatch(reply: FastifyReply, typed: ReturnType<typeof typedOf>): FastifyReply {
  const action = isFiltered(typed) ? 'revoke-matching' : 'revoke-all'
  return reply.redirect(keysAddress(typed, {}, action), 303)
}

async function findKeys(core: Core, ids: readonly string[]): Promise<readonly ApiKey[]> {
  const found = ids.map(async (id) => {
    return await readApiKey(core, id).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'api_key_not_found') return null
      throw error
    })
  })
  return (await Promise.all(found)).filter((key) => key !== null)
}

const mostNamed = 5
const mostShown = 20

function ownersOf(keys: readonly ApiKey[]): string {
  const owners = [...new Set(keys.map(({ user }) => user))].map(isolated)
  const more = owners.length - mostNamed
  return owners.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more users` : '')
}

function factsOf(keys: readonly ApiKey[]): readonly (readonly [string, string])[] {
  const facts = keys
    .slice(0, mostShown)
    .map(({ id, user, description }) => [user, `${description || 'No description'} (${id})`] as const)
  const more = keys.length - mostShown
  return more > 0 ? [...facts, ['And', `${more} more`]] : facts
}
