/** /v1/admin: what administrators and the services they trust may do. */
import type { App } from '../../app.ts'
import { deleteAnyApiKey } from './api-keys/delete-api-key.ts'
import { postRevocation } from './api-keys/revoke-api-keys.ts'
import { getJob } from './jobs/get-job.ts'
import { deleteService } from './services/delete-service.ts'
import { getServices } from './services/list-services.ts'
import { postService } from './services/post-service.ts'
import { patchUser } from './users/patch-user.ts'

export async function adminRoutes(app: App): Promise<void> {
  postRevocation(app)
  deleteAnyApiKey(app)
  getJob(app)
  patchUser(app)
  getServices(app)
  postService(app)
  deleteService(app)
}
