/**
 * /admin/jobs/ID: how far long work over many keys is. The page can be left and reloaded; any instance continues the work.
 */
import { Type } from 'typebox'
import type { App } from '../../app.ts'
import { readJob } from '../../domain/jobs.ts'
import type { JobRecord } from '../../store/jobs.ts'
import { showPage } from '../show.ts'

export const jobPath = (id: string): string => `/admin/jobs/${id}`

export function jobPage(app: App): void {
  app.route({
    method: 'GET',
    url: '/admin/jobs/:id',
    config: { access: { session: 'admin' } },
    schema: { hide: true, params: Type.Object({ id: Type.String({ pattern: '^[0-9A-Za-z]{8}$' }) }) },
    handler: async (request, reply) => {
      const job = jobOnPage(await readJob(app.core, request.params.id))
      const content = () => ({ job })
      return await showPage(request, reply, {
        template: 'admin/job',
        title: job.title,
        section: 'keys',
        content,
      })
    },
  })
}

const words = {
  revoke: {
    title: 'Revoking API keys',
    doneTerm: 'Revoked',
    sentence: 'What is revoked is refused at once, on every instance.',
    result: (done: number) => `Done: ${counted(done)} revoked. No instance accepts them any more.`,
  },
  'remove-dead': {
    title: 'Removing revoked API keys',
    doneTerm: 'Removed',
    sentence: 'All of them are refused already; what is left of them is being removed.',
    result: () =>
      'Done: the keys were refused from the first moment on, and what was left of them is removed.',
  },
  clamp: {
    title: 'Shortening API keys',
    doneTerm: 'Shortened',
    sentence: 'Keys that are older than the policy allows end.',
    result: (done: number) => `Done: ${counted(done)} shortened or ended.`,
  },
} as const satisfies Record<JobRecord['kind'], object>

export function jobOnPage({ id, kind, startedMs, endedMs, total, examined, done, origin }: JobRecord) {
  const { title, doneTerm, sentence, result } = words[kind]
  const by = origin.actor.impersonator ?? origin.actor.name
  return {
    id,
    title,
    doneTerm,
    path: jobPath(id),
    isEnded: endedMs !== null,
    startedMs,
    endedMs,
    // Keys that come while it goes on are looked at, too.
    total: Math.max(total, examined),
    examined,
    done,
    by,
    sentence,
    progress: progressText(Math.max(total, examined), examined, done, doneTerm),
    result: result(done),
  }
}

/** The script that keeps it moving (assets/admin.js) writes the same words. */
function progressText(total: number, examined: number, done: number, doneTerm: string): string {
  const [ofAll, seen, ready] = [total, examined, done].map((count) => count.toLocaleString('en'))
  return `${seen} of ${ofAll} looked at, ${ready} ${doneTerm.toLowerCase()}`
}

function counted(count: number): string {
  return count === 1 ? '1 key' : `${count.toLocaleString('en')} keys`
}
