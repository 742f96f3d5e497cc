/**
 * /admin: what needs an administrator's attention, how many keys there are and when they expire, and how much they are used.
 */
import type { App } from '../../app.ts'
import { listOpenJobs } from '../../domain/jobs.ts'
import {
  countExpiries,
  countKeysToLookAt,
  countRefusedSources,
  countVerifications,
  type KeysToLookAt,
  type RefusedSources,
} from '../../domain/overview.ts'
import { unknownSource } from '../../domain/source.ts'
import type { SettingsRecord } from '../../store/records.ts'
import { showPage } from '../show.ts'
import { jobOnPage } from './jobs.ts'
import { counted, expiryChart, numberText, totalsOf, verificationChart } from './overview-charts.ts'
import { adminPath } from './sections.ts'

/** More work at the same time than this is counted, not shown. */
const jobsShown = 5

export function overviewPage(app: App): void {
  app.route({
    method: 'GET',
    url: adminPath,
    config: { access: { session: 'admin' } },
    schema: { hide: true },
    handler: async (request, reply) =>
      await showPage(request, reply, {
        template: 'admin/overview',
        title: 'Overview',
        section: 'overview',
        content: async ({ settings, nowMs }) => await overviewAt(app, settings, nowMs),
      }),
  })
}

async function overviewAt({ core }: App, settings: SettingsRecord, nowMs: number): Promise<object> {
  const [keys, expiries, days, jobs] = await Promise.all([
    countKeysToLookAt(core, nowMs),
    countExpiries(core, nowMs),
    countVerifications(core, nowMs),
    listOpenJobs(core),
  ])
  const refused = await countRefusedSources(core, days)
  const { accepted, refused: refusedInAll } = totalsOf(days)
  return {
    live: expiries.live === 0 ? 'No live API keys' : counted(expiries.live, 'live API key', 'live API keys'),
    policy: policyWords(settings),
    jobs: jobs.slice(0, jobsShown).map(jobOnPage),
    jobsLeftOut: Math.max(0, jobs.length - jobsShown),
    attention: [...keyItems(keys), refusedItem(refused)],
    sources: rowsOf(refused),
    expiries: expiryChart(expiries),
    verifications: verificationChart(days),
    totals:
      accepted + refusedInAll === 0
        ? null
        : `In 30 days ${numberText(accepted)} accepted, ${numberText(refusedInAll)} refused.`,
  }
}

function policyWords({ apiKeysAllowed, apiKeyLifetimeDays }: SettingsRecord): string {
  if (apiKeyLifetimeDays === null)
    return apiKeysAllowed
      ? 'Users may create keys, which never expire unless the user chooses so.'
      : 'Users may not create keys at present, and existing keys keep working; a new key would never expire.'
  const life = `${apiKeyLifetimeDays} days at most`
  return apiKeysAllowed
    ? `Users may create keys, which live ${life}.`
    : `Users may not create keys at present, and existing keys keep working; a new key would live ${life}.`
}

interface AttentionItem {
  readonly title: string
  /** Thousands apart; null: there is none. */
  readonly number: string | null
  readonly sentence: string
  readonly link: { readonly href: string; readonly text: string } | null
}

function keyItems({ neverExpire, unused, expireSoon }: KeysToLookAt): readonly AttentionItem[] {
  return [
    item(neverExpire, 'Keys that never expire', '/admin/keys?expires=never', {
      some: 'They work until somebody revokes them.',
      none: 'Every key expires at some time.',
    }),
    item(unused, 'Keys not used for 90 days', '/admin/keys?unused=90', {
      some: 'Keys that were never used count from their creation. Perhaps nobody needs them any more.',
      none: 'Every key was used or created within 90 days.',
    }),
    item(expireSoon, 'Keys expiring this week', '/admin/keys?expires=week', {
      some: 'Within 7 days: notice for their owners, who need new keys. The list begins with the soonest.',
      none: 'No key expires within 7 days.',
    }),
  ]
}

function item(
  count: number,
  title: string,
  href: string,
  { some, none }: { readonly some: string; readonly none: string },
): AttentionItem {
  if (count === 0) return { title, number: null, sentence: none, link: null }
  const text = `Show ${count === 1 ? 'this key' : 'these keys'}`
  return { title, number: numberText(count), sentence: some, link: { href, text } }
}

function refusedItem({ total }: RefusedSources): AttentionItem {
  const title = 'Refused credentials'
  if (total === 0)
    return { title, number: null, sentence: 'No credential was refused in the last 7 days.', link: null }
  return {
    title,
    number: numberText(total),
    sentence: 'In the last 7 days. Many from one address can be a forgotten program, or somebody guessing.',
    link: { href: '#refused', text: 'Show the addresses' },
  }
}

function rowsOf({ sources, others }: RefusedSources): readonly { name: string; count: string }[] {
  const rows = sources.map(([source, count]) => ({
    name: source === unknownSource ? 'unknown address' : source,
    count: numberText(count),
  }))
  return others === 0 ? rows : [...rows, { name: 'other addresses', count: numberText(others) }]
}
