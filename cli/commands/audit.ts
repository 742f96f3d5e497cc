/**
 * `latchkey audit`: who did what, when and from where; a list, CSV, or lines as they come.
 */
import { type Command, Option } from 'commander'
import type { AuditEvent } from '../../schemas/audit.ts'
import { type Api, backOff, pagesOf, type Query } from '../api.ts'
import { connect, showCsv } from '../context.ts'
import { ServerProblem, UnreachableFailure } from '../failure.ts'
import { examples, limitOption, moment, wholeNumber } from '../options.ts'
import { localTime, type Output } from '../output.ts'
import { plainJson, plainText } from '../plain-text.ts'
import type { Column } from '../table.ts'

const path = '/v1/admin/audit'
const largestPage = 500

const columns: readonly Column<AuditEvent>[] = [
  { title: 'AT', text: ({ at }) => localTime(at) },
  { title: 'ACTION', text: ({ action }) => action },
  { title: 'ACTOR', text: ({ actor }) => actorText(actor), mayCut: 'last' },
  { title: 'SUBJECT', text: ({ subject }) => subject, mayCut: 'last' },
  { title: 'ADDRESS', text: ({ address }) => address },
  { title: 'DETAILS', text: ({ details }) => JSON.stringify(details), mayCut: 'first' },
]

interface AuditOptions {
  readonly actor?: string
  readonly subject?: string
  readonly action?: string
  readonly from?: string
  readonly to?: string
  readonly limit: number
  readonly csv?: true
  readonly follow?: true
  readonly timeout: number
}

export function addAudit(program: Command): void {
  program
    .command('audit')
    .description('The audit log, the newest first.')
    .option('--actor <name>', 'what this user or service did')
    .option('--subject <name>', 'what was done to this user, service or site')
    .option('--action <action>', 'such as api-key.revoked, or api-key for all of a noun')
    .addOption(new Option('--from <time>', 'then or later').argParser(moment))
    .addOption(new Option('--to <time>', 'before then').argParser(moment))
    .addOption(limitOption())
    .addOption(
      new Option('--csv', 'all that match, as CSV that is safe for spreadsheets').conflicts([
        'limit',
        'json',
      ]),
    )
    .addOption(
      new Option('--follow', 'go on with events as they come, the oldest first, one a line').conflicts([
        'limit',
        'to',
        'csv',
      ]),
    )
    .addOption(
      new Option('--timeout <seconds>', 'with --follow: how long to wait for a server that is away')
        .argParser(wholeNumber(1, 86_400))
        .default(600),
    )
    .addHelpText(
      'after',
      examples(
        'latchkey audit --subject ada@example.org',
        'latchkey audit --action api-key.revoked --from 2026-11-01 --to 2026-12-01',
        'latchkey audit --csv > audit.csv',
        'latchkey audit --follow --action api-keys',
      ),
    )
    .action(async (options: AuditOptions, command: Command) => {
      const { actor, subject, action, from, to, limit, csv, follow, timeout } = options
      const query = { actor, subject, action, from, to }
      if (csv) {
        await showCsv(command, path, query)
        return
      }
      const { api, output } = await connect(command)
      if (follow) {
        for await (const event of followAudit(api, query, timeout)) showEvent(output, event)
        return
      }
      const isMore = await output.list(columns, pagesOf<AuditEvent>(api, path, query, limit, largestPage))
      if (isMore)
        output.warn(`There may be more than these ${limit}: --limit takes any number, --csv gives all.`)
    })
}

/** How far back we ask after a break: events of the same time may come in any order. */
const overlapMs = 10_000

/** Every event once, also over breaks of the connection and restarts of the server. */
async function* followAudit(
  api: Api,
  query: Query,
  timeoutSeconds: number,
): AsyncGenerator<AuditEvent, never> {
  const { seen, beginMs } = await beginningOf(api, query)
  let fromMs = beginMs
  let awaySinceMs: number | null = null
  for (let attempt = 0; ; attempt++) {
    const question = { ...query, from: new Date(fromMs).toISOString(), follow: true }
    try {
      for await (const line of linesOf(api.stream(path, 'application/x-ndjson', question))) {
        attempt = 0
        awaySinceMs = null
        // An empty line is a sign of life.
        if (line === '') continue
        const event = JSON.parse(line) as AuditEvent
        if (seen.has(event.id)) continue
        const atMs = Date.parse(event.at)
        seen.set(event.id, atMs)
        yield event
        fromMs = Math.max(beginMs, atMs - overlapMs)
        for (const [id, ms] of seen) if (ms < fromMs) seen.delete(id)
      }
    } catch (error) {
      const isAway =
        error instanceof UnreachableFailure || (error instanceof ServerProblem && error.status === 503)
      awaySinceMs ??= performance.now()
      if (!isAway || performance.now() - awaySinceMs > timeoutSeconds * 1_000) throw error
    }
    await backOff(attempt)
  }
}

/**
 * From when on: --from, or the newest event that there is, by the clock of the server; ours may be wrong.
 * @returns ids of events that may come again and were shown already, with their times
 */
async function beginningOf(
  api: Api,
  { from }: Query,
): Promise<{ readonly seen: Map<string, number>; readonly beginMs: number }> {
  if (typeof from === 'string') return { seen: new Map(), beginMs: Date.parse(from) }
  const { items } = await api.get<{ items: AuditEvent[] }>(path, { limit: 1 })
  const newest = items.map(({ id, at }) => [id, Date.parse(at)] as const)
  return { seen: new Map(newest), beginMs: newest[0]?.[1] ?? 0 }
}

async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = ''
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

function showEvent(output: Output, event: AuditEvent): void {
  if (!output.isForPerson) {
    output.line(plainJson(event))
    return
  }
  const { at, action, actor, subject, address, details } = event
  const parts = [localTime(at), action, actorText(actor), subject, address, JSON.stringify(details)]
  output.line(plainText(parts.filter((part) => part !== '').join('  ')))
}

function actorText({ kind, name }: AuditEvent['actor']): string {
  return kind === 'user' ? name : `${name} (${kind})`
}
