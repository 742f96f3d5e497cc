/** /v1/session, /v1/session-keys: what a signed-in user does with their own session. */
import type { App } from '../../app.ts'
import { postInvitationClaim } from '../invitations/claim-invitation.ts'
import { deleteSessionKey } from '../session-keys/delete-session-key.ts'
import { listOwnSessionKeys } from '../session-keys/list-session-keys.ts'
import { postSessionKey } from '../session-keys/post-session-key.ts'
import { deleteImpersonation } from './delete-impersonation.ts'
import { deleteSession } from './delete-session.ts'
import { getSession } from './get-session.ts'
import { postImpersonation } from './post-impersonation.ts'
import { postSession } from './post-session.ts'

export async function sessionRoutes(app: App): Promise<void> {
  postSession(app)
  getSession(app)
  deleteSession(app)
  postImpersonation(app)
  deleteImpersonation(app)
  postInvitationClaim(app)
  postSessionKey(app)
  listOwnSessionKeys(app)
  deleteSessionKey(app)
}
