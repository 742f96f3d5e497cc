/**
 * The pages for administrators: what /v1/admin does over HTTP, by looking and clicking. The same forms, errors and headers as
 * all pages; the rules are the domain's.
 */
import type { App } from '../../app.ts'

export function adminPages(_app: App): void {}
