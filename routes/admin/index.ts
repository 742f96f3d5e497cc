/** /v1/admin: what administrators and the services they trust may do. */
import type { App } from '../../app.ts'
import { postClamp } from './api-keys/clamp-api-keys.ts'
import { getApiKeyCount } from './api-keys/count-api-keys.ts'
import { deleteAnyApiKey } from './api-keys/delete-api-key.ts'
import { getAnyApiKey } from './api-keys/get-api-key.ts'
import { getAllApiKeys } from './api-keys/list-api-keys.ts'
import { postRevocation } from './api-keys/revoke-api-keys.ts'
import { getAudit } from './audit/get-audit.ts'
import { getJob } from './jobs/get-job.ts'
import { deleteService } from './services/delete-service.ts'
import { getService } from './services/get-service.ts'
import { getServices } from './services/list-services.ts'
import { postService } from './services/post-service.ts'
import { postServiceRotation } from './services/rotate-service.ts'
import { deleteAnySession } from './sessions/delete-session.ts'
import { deleteSessionsOfAnyUser } from './sessions/delete-sessions.ts'
import { getSessionsOfAnyUser } from './sessions/list-sessions.ts'
import { deleteUser } from './users/delete-user.ts'
import { getUser } from './users/get-user.ts'
import { getUsers } from './users/list-users.ts'
import { patchUser } from './users/patch-user.ts'
import { postUser } from './users/post-user.ts'

export async function adminRoutes(app: App): Promise<void> {
  getAllApiKeys(app)
  getAnyApiKey(app)
  getApiKeyCount(app)
  postRevocation(app)
  postClamp(app)
  deleteAnyApiKey(app)
  getJob(app)
  getAudit(app)
  getUsers(app)
  getUser(app)
  patchUser(app)
  postUser(app)
  getSessionsOfAnyUser(app)
  deleteAnySession(app)
  deleteSessionsOfAnyUser(app)
  deleteUser(app)
  getServices(app)
  getService(app)
  postService(app)
  postServiceRotation(app)
  deleteService(app)
}
