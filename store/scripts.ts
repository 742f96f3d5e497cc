/**
 * Loads the Lua scripts of store/scripts/, one a file. Each file's head says its KEYS, ARGV, units, reply and why it
 * has to be atomic. They are run by `RedisAccess.run`.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface Script {
  readonly text: string
  /** SHA-1, as EVALSHA names it. */
  readonly sha: string
}

export const scripts = {
  createSite: load('create-site'),
  createUser: load('create-user'),
  deleteUser: load('delete-user'),
  releaseName: load('release-name'),
  removeUserEntry: load('remove-user-entry'),
  mintApiKey: load('mint-api-key'),
  revokeApiKey: load('revoke-api-key'),
  changeRecord: load('change-record'),
  revokeAllApiKeys: load('revoke-all-api-keys'),
  shortenApiKey: load('shorten-api-key'),
  removeDeadApiKeys: load('remove-dead-api-keys'),
  recordUse: load('record-use'),
  pageOfIndex: load('page-of-index'),
  countOfIndex: load('count-of-index'),
  recordCounts: load('record-counts'),
  openSession: load('open-session'),
  touchSession: load('touch-session'),
  changeSession: load('change-session'),
  endSessions: load('end-sessions'),
  mintSessionKey: load('mint-session-key'),
  revokeSessionKey: load('revoke-session-key'),
  changeSignIn: load('change-sign-in'),
  takeTry: load('take-try'),
  giveBackTry: load('give-back-try'),
  recordAudit: load('record-audit'),
  addService: load('add-service'),
  removeService: load('remove-service'),
  removeGoneServices: load('remove-gone-services'),
  takeJob: load('take-job'),
  fileJob: load('file-job'),
  saveJob: load('save-job'),
  releaseJob: load('release-job'),
} as const

function load(name: string): Script {
  const text = readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8')
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
