/**
 * The pages for administrators: what /v1/admin does over HTTP, by looking and clicking. The same forms, errors and headers as
 * all pages; the rules are the domain's.
 */
import type { App } from '../../app.ts'
import { auditPage } from './audit.ts'
import { impersonationPages } from './impersonation.ts'
import { jobPage } from './jobs.ts'
import { keysOfSitePage } from './keys.ts'
import { revokeSelectedPages } from './keys-revoke.ts'
import { revokeManyPages } from './keys-revoke-many.ts'
import { overviewPage } from './overview.ts'
import { serviceChangePages } from './service-changes.ts'
import { servicesPages } from './services.ts'
import { sessionsPage } from './sessions.ts'
import { endSessionPages } from './sessions-end.ts'
import { settingsPages } from './settings.ts'
import { userPage } from './user.ts'
import { userActionPages } from './user-actions.ts'
import { usersPage } from './users.ts'
import { userInvitationPage } from './users-invitation.ts'

export function adminPages(app: App): void {
  overviewPage(app)
  keysOfSitePage(app)
  revokeSelectedPages(app)
  revokeManyPages(app)
  jobPage(app)
  servicesPages(app)
  serviceChangePages(app)
  auditPage(app)
  usersPage(app)
  userInvitationPage(app)
  userPage(app)
  userActionPages(app)
  sessionsPage(app)
  endSessionPages(app)
  impersonationPages(app)
  settingsPages(app)
}
