/**
 * The one catalogue of errors. A code is permanent: clients branch on it. The public message carries no secret and
 * says what to do; whatever else is known goes into `cause`, for the log. On the wire: RFC 9457 problem documents.
 */

interface CatalogueEntry {
  readonly status: number
  readonly title: string
  readonly detail: string
}

const checkTheKey =
  'Check that the whole key was copied, that it has not expired or been revoked, and that it was made on this server.'

export const catalogue = {
  request_invalid: entry(400, 'Request not valid', 'The request does not have the declared shape.'),
  body_malformed: entry(400, 'Body not readable', 'The body is not valid JSON.'),
  user_name_invalid: entry(
    400,
    'User name not valid',
    'A user name has 1 to 128 characters, no control characters, and no space at its ends.',
  ),
  lifetime_too_long: entry(
    400,
    'Lifetime too long',
    'The site lets API keys live less long (setting apiKeyLifetimeDays). Choose a shorter lifetime, or none.',
  ),
  cursor_invalid: entry(
    400,
    'Cursor not valid',
    'Take the cursor from nextCursor of the same list, with the same filters, sort and order.',
  ),
  site_name_mismatch: entry(
    400,
    'Site name does not match',
    'To revoke every key on the site, give the name of the site exactly as in the settings.',
  ),
  credential_missing: entry(
    401,
    'Sign-in needed',
    'Send an API key as the password of HTTP Basic with the user name "apikey", or a service\'s name and secret.',
  ),
  credential_malformed: entry(
    401,
    'Not a credential',
    'What was sent does not have the form of a key: it may be mistyped, cut off, or carry extra characters. ' +
      'Use HTTP Basic with the user name "apikey" and the whole key as the password.',
  ),
  credential_of_another_site: entry(
    401,
    'Credential of another site',
    'This key was made on another server. Make one on this server, or check the address.',
  ),
  credential_legacy_prefix: entry(
    401,
    'Old key prefix',
    'Keys of this server have no prefix "apikey|" or "session|". Use the key exactly as it was shown.',
  ),
  credential_wrong_kind: entry(
    401,
    'Wrong kind of credential',
    'This kind of credential does not belong here: keys go with the user name "apikey", a service\'s secret with ' +
      "the service's own name.",
  ),
  credential_invalid: entry(401, 'Credential not valid', `This credential is not valid. ${checkTheKey}`),
  user_disabled: entry(
    401,
    'User disabled',
    'The user of this credential is disabled. Ask an administrator.',
  ),
  sign_in_refused: entry(
    401,
    'Sign-in refused',
    'The user name or the password is wrong, or the user is disabled.',
  ),
  credential_not_accepted: entry(
    403,
    'Not with this kind of credential',
    'This call makes or changes power and is not open to keys: it takes a signed-in session or a service.',
  ),
  permission_missing: entry(403, 'Permission missing', 'The service lacks the permission this call needs.'),
  role_missing: entry(403, 'Administrators only', 'This call needs the role "admin".'),
  service_needed: entry(403, 'Services only', 'This call is for services, with their own Basic credentials.'),
  user_credential_needed: entry(
    403,
    'Users only',
    'This call is about the caller\'s own keys: use an API key with the user name "apikey".',
  ),
  cross_site_write: entry(
    403,
    'Cross-site request refused',
    'A page of another site tried to make this change. Nothing was changed.',
  ),
  csrf_token_invalid: entry(
    403,
    'CSRF token missing or wrong',
    'Writes by cookie need the header x-csrf-token with the token of GET /v1/session.',
  ),
  session_needed: entry(
    403,
    'Session needed',
    'This call is about a signed-in session: sign in and use its cookie.',
  ),
  impersonating: entry(
    403,
    'Not while impersonating',
    "Stop impersonating first: an API key would be somebody else's.",
  ),
  tls_needed: entry(
    403,
    'TLS needed',
    'Signing in over plain HTTP is possible only on the machine itself. Set LATCHKEY_PUBLIC_URL to an https address.',
  ),
  session_keys_not_allowed: entry(
    403,
    'Session keys are switched off',
    'An administrator has not allowed session keys on this site (setting sessionKeysAllowed).',
  ),
  api_keys_not_allowed: entry(
    403,
    'API keys are switched off',
    'An administrator has not allowed new API keys on this site (setting apiKeysAllowed). Existing keys keep working.',
  ),
  not_found: entry(404, 'Not found', 'There is nothing at this address.'),
  api_key_not_found: entry(404, 'No such API key', 'There is no such API key, or it is not yours.'),
  session_not_found: entry(404, 'No such session', 'There is no such session, or it has ended.'),
  session_key_not_found: entry(404, 'No such session key', 'This session has no such key.'),
  invitation_invalid: entry(
    404,
    'Invitation not valid',
    'This link was used already, is older than 24 hours, was replaced by a newer one, or was cut off. Ask for a new one.',
  ),
  user_not_found: entry(404, 'No such user', 'There is no user of this name.'),
  service_not_found: entry(404, 'No such service', 'There is no service of this name.'),
  job_not_found: entry(404, 'No such job', 'There is no such job, or it ended more than a week ago.'),
  api_key_limit_reached: entry(
    409,
    'Too many API keys',
    'The user has as many live API keys as the site allows (setting apiKeysPerUser). Revoke one first.',
  ),
  session_key_limit_reached: entry(
    409,
    'Too many session keys',
    'The session has as many keys as the site allows (setting sessionKeysPerSession). Revoke one first.',
  ),
  already_impersonating: entry(409, 'Already impersonating', 'Stop impersonating before you begin anew.'),
  not_impersonating: entry(409, 'Not impersonating', 'This session does not impersonate.'),
  owner_disabled: entry(
    409,
    'User disabled',
    'The user is disabled and gets no new keys. Enable the user first.',
  ),
  policy_is_never: entry(
    409,
    'Keys never expire by the policy',
    'There is no expiry to shorten to: choose one first (setting apiKeyLifetimeDays).',
  ),
  own_account: entry(
    409,
    'Your own account',
    'You cannot disable or delete yourself here, nor take the role "admin" from yourself. Another administrator can.',
  ),
  service_exists: entry(409, 'Service exists', 'There is a service of this name already.'),
  record_contended: entry(
    409,
    'Changed at the same time',
    'Others kept changing the same record. Nothing was changed by this call; try again.',
  ),
  settings_changed: entry(
    412,
    'Settings changed meanwhile',
    'Somebody changed the settings since they were read. Read them again and repeat the change.',
  ),
  user_changed: entry(
    412,
    'User changed meanwhile',
    'Somebody changed this user since the page was opened. Nothing was overwritten: compare, and save again.',
  ),
  request_timeout: entry(408, 'Request too slow', 'The request did not arrive in time.'),
  body_too_large: entry(413, 'Body too large', 'The body is larger than this call accepts.'),
  media_type_unsupported: entry(415, 'Media type not supported', 'Send the body as application/json.'),
  too_many_followers: entry(
    429,
    'Too many followers',
    'As many clients follow the audit log of this instance as it serves at a time. End one of them, or try later.',
  ),
  too_many_tries: entry(429, 'Too many tries', 'Too many tries to sign in. Wait and try again.'),
  sign_in_busy: entry(503, 'Sign-in is busy', 'Too many people are signing in at this moment; try again.'),
  headers_too_large: entry(431, 'Headers too large', 'The headers of the request are too large.'),
  internal_error: entry(500, 'Internal error', 'Something went wrong here. The log of the server says what.'),
  redis_unavailable: entry(
    503,
    'No answer from Redis',
    'Redis did not answer. Nothing was changed; try again.',
  ),
  redis_refused: entry(
    503,
    'Redis refused the write',
    'Redis refused the write (full, read-only, or short of replicas). Nothing was changed or revoked; try again.',
  ),
  outcome_unknown: entry(
    503,
    'Outcome unknown',
    'Redis did not confirm the write in time: it may or may not have happened. Repeat the call.',
  ),
  site_missing: entry(
    503,
    'Wrong or flushed database',
    'The Redis database does not hold this site any more. An administrator must restore it; keys are not refused.',
  ),
  site_not_initialised: entry(
    503,
    'Not initialised',
    'This Redis holds no site yet. An administrator creates it once with: npm run latchkey -- init',
  ),
  site_not_open: entry(503, 'Not open', 'The server could not open its site. Its log says why.'),
  pepper_unknown: entry(
    503,
    'Pepper missing',
    'This credential was made with a pepper that this server does not have. An administrator must add it.',
  ),
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof catalogue

export interface ProblemOptions {
  /** For the header Retry-After. */
  readonly retryAfterSeconds?: number
  /** Replaces the catalogue's detail. Never holds a secret. */
  readonly detail?: string
  /** For the log only. */
  readonly cause?: unknown
}

/** An error with a code of the catalogue. Thrown where a request ends; expected outcomes inside are values instead. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ErrorCode
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly retryAfterSeconds: number | null

  constructor(code: ErrorCode, options: ProblemOptions = {}) {
    const { status, title, detail } = catalogue[code]
    super(options.detail ?? detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = status
    this.title = title
    this.detail = options.detail ?? detail
    this.retryAfterSeconds = options.retryAfterSeconds ?? (status === 503 ? 1 : null)
  }
}

function entry(status: number, title: string, detail: string): CatalogueEntry {
  return { status, title, detail }
}
