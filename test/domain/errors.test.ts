import { inspect } from 'node:util'
import t from 'tap'
import { catalogue, type ErrorCode, Problem } from '../../domain/errors.ts'

const codes = Object.keys(catalogue) as ErrorCode[]

t.test(
  'every code of the catalogue is a snake_case word with an error status and two texts for people',
  (t) => {
    t.ok(codes.length >= 30)
    for (const code of codes) {
      const { status, title, detail } = catalogue[code]
      t.match(code, /^[a-z]+(_[a-z]+)*$/)
      t.ok(Number.isInteger(status) && status >= 400 && status <= 599, `${code}: ${status}`)
      t.match(title, /^[A-Z][^\n]*[^.\s]$/, `${code}: ${title}`)
      t.match(detail, /^[A-Z][^\n]*[^\s]$/, `${code}: ${detail}`)
      t.notOk(/[^\x20-\x7e]/.test(title), `the title of ${code} can stand in a status line`)
      t.notMatch(title + detail, /undefined|\[object|TODO/)
    }
    t.end()
  },
)

t.test('statuses that clients branch on stay what they are', (t) => {
  const statuses: Partial<Record<ErrorCode, number>> = {
    credential_missing: 401,
    credential_malformed: 401,
    credential_of_another_site: 401,
    credential_legacy_prefix: 401,
    credential_wrong_kind: 401,
    credential_invalid: 401,
    user_disabled: 401,
    credential_not_accepted: 403,
    permission_missing: 403,
    role_missing: 403,
    cross_site_write: 403,
    settings_changed: 412,
    redis_unavailable: 503,
    redis_refused: 503,
    outcome_unknown: 503,
    site_missing: 503,
    site_not_initialised: 503,
    pepper_unknown: 503,
  }
  for (const [code, status] of Object.entries(statuses))
    t.equal(new Problem(code as ErrorCode).status, status, code)
  t.end()
})

t.test('a problem shows what the catalogue says and keeps its cause for the log', (t) => {
  const cause = new Error('canary-7f3a')
  for (const code of codes) {
    const problem = new Problem(code, { cause })
    t.ok(problem instanceof Error)
    t.equal(problem.name, 'Problem')
    t.equal(problem.code, code)
    t.equal(problem.cause, cause)
    const { status, title, detail } = catalogue[code]
    t.strictSame([problem.status, problem.title, problem.detail], [status, title, detail])
    t.equal(problem.message, detail)
    t.notOk(
      `${problem.message}${problem.stack}${String(problem)}${JSON.stringify(problem)}`.includes(
        'canary-7f3a',
      ),
    )
  }
  t.match(inspect(new Problem('internal_error', { cause })), /canary-7f3a/, 'whoever logs it sees the cause')
  t.end()
})

t.test('a problem may say more precisely what is wrong; code, status and title stay', (t) => {
  const problem = new Problem('permission_missing', { detail: 'Lacks "mint".', cause: 'canary-7f3a' })
  t.equal(problem.detail, 'Lacks "mint".')
  t.equal(problem.message, 'Lacks "mint".')
  t.equal(problem.code, 'permission_missing')
  t.equal(problem.status, 403)
  t.equal(problem.title, catalogue.permission_missing.title)
  t.equal(problem.cause, 'canary-7f3a')
  t.end()
})

t.test('a problem without a cause has none, not an undefined one', (t) => {
  t.notOk('cause' in new Problem('not_found'))
  t.notOk('cause' in new Problem('not_found', { cause: undefined }))
  t.equal(new Problem('not_found', { cause: null }).cause, null)
  t.end()
})
