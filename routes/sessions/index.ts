/** /v1/users/{user}/sessions, /v1/sessions: for host applications with a sign-in of their own. */
import type { App } from '../../app.ts'
import { deleteSessionById } from './delete-session.ts'
import { deleteSessionsOfUser } from './delete-sessions-of-user.ts'
import { getAnySession } from './get-session.ts'
import { getSessionsOfUser } from './list-sessions-of-user.ts'
import { patchSession } from './patch-session.ts'
import { postSessionKeyOfSession } from './post-session-key-of-session.ts'
import { postSessionOfUser } from './post-session-of-user.ts'
import { postSessionTouch } from './touch-session.ts'

export async function hostSessionRoutes(app: App): Promise<void> {
  postSessionOfUser(app)
  getSessionsOfUser(app)
  deleteSessionsOfUser(app)
  getAnySession(app)
  patchSession(app)
  deleteSessionById(app)
  postSessionTouch(app)
  postSessionKeyOfSession(app)
}
