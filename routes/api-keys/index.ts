/** /v1/api-keys: a user's own API keys. */
import type { App } from '../../app.ts'
import { deleteApiKey } from './delete-api-key.ts'
import { getApiKey } from './get-api-key.ts'
import { listApiKeys } from './list-api-keys.ts'
import { patchApiKey } from './patch-api-key.ts'
import { postApiKey } from './post-api-key.ts'

export async function apiKeyRoutes(app: App): Promise<void> {
  postApiKey(app)
  listApiKeys(app)
  getApiKey(app)
  patchApiKey(app)
  deleteApiKey(app)
}
