// `npm run bench:lists`: what a page of the list of all API keys, and the administrators' pages in the browser, cost with many
// keys, beside few. Both sizes are asked in
// turn, A B A B …, in one process over two Redis servers; only the ratio of the medians means something.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { type App, buildApp } from '../app.ts'
import { createCore } from '../domain/core.ts'
import { parsePeppers } from '../domain/pepper.ts'
import { createPepperRing } from '../domain/pepper-ring.ts'
import { createSite, openSite } from '../domain/site.ts'
import { startEmbeddedRedis } from '../store/embedded-redis.ts'
import { createLastUsed } from '../store/last-used.ts'
import { connectRedis } from '../store/redis.ts'
import { seedApiKeys } from '../test/support/seed.ts'
import { signInAs } from '../test/support/sign-in.ts'
import { basic } from './site.ts'

const { values } = parseArgs({
  options: {
    few: { type: 'string', default: '1000' },
    many: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '31' },
  },
})

interface Answer {
  readonly ms: number
  readonly bytes: number
}

interface Site {
  readonly count: number
  /** Name of a user who has keys. */
  readonly user: string
  /** By an administrator's session, as a browser asks. */
  ask(path: string, accept?: string): Promise<Answer>
  close(): Promise<void>
}

const api = '/v1/admin/api-keys'
const questions: readonly (readonly [label: string, path: (user: string) => string])[] = [
  ['first page, newest first', () => api],
  ['last page, oldest first', () => `${api}?order=asc`],
  ['page by expiry', () => `${api}?sort=expiresAt`],
  ['page by user name', () => `${api}?sort=user&order=asc`],
  ['page by last use', () => `${api}?sort=lastUsedAt`],
  ['keys of one user', (user) => `${api}?user=${user}`],
  ['users by beginning', () => `${api}?userBeginning=seeded&sort=user`],
  ['/admin', () => '/admin'],
  ['/admin/keys', () => '/admin/keys'],
  ['/admin/keys by user name', () => '/admin/keys?sort=user'],
  ['/admin/keys of one user', (user) => `/admin/keys?user=${user}&exact=on`],
  ['/admin/keys by beginning', () => '/admin/keys?user=seeded'],
  ['/admin/keys never used', () => '/admin/keys?unused=ever'],
  ['/admin/users', () => '/admin/users'],
  ['/admin/sessions', () => '/admin/sessions'],
  ['/admin/audit', () => '/admin/audit'],
]

const sites = [await startSite(Number(values.few)), await startSite(Number(values.many))]
try {
  const [few, many] = sites
  if (few === undefined || many === undefined) throw new Error('two sites are compared')
  console.log(`medians of ${values.rounds} rounds in ms; ${few.count} and ${many.count} keys`)
  for (const [label, path] of questions) {
    const times: number[][] = [[], []]
    for (let round = -3; round < Number(values.rounds); round++) {
      for (const [index, site] of [few, many].entries()) {
        const { ms } = await site.ask(path(site.user))
        if (round >= 0) times[index]?.push(ms)
      }
    }
    const [ofFew = 0, ofMany = 0] = times.map(median)
    const ratio = (ofMany / ofFew).toFixed(2)
    console.log(
      `${label.padEnd(28)} ${ofFew.toFixed(2).padStart(8)} ${ofMany.toFixed(2).padStart(8)}   ratio ${ratio}`,
    )
  }
  const csv = await many.ask(api, 'text/csv')
  const megabytes = (csv.bytes / 1e6).toFixed(1)
  console.log(`CSV of all ${many.count}: ${(csv.ms / 1000).toFixed(1)} s, ${megabytes} MB`)
} finally {
  for (const site of sites) await site.close()
}

function median(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[Math.floor(times.length / 2)] ?? 0
}

async function startSite(count: number): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  const server = await startEmbeddedRedis({ folder: join(folder, 'data') })
  const redis = connectRedis({ url: `unix:${server.socketPath}` })
  await new Promise<void>((resolve) => redis.onReady(resolve))
  const peppers = parsePeppers(`1:${randomBytes(32).toString('base64')}`)
  if (typeof peppers === 'string') throw new Error(peppers)
  const core = createCore(redis, createPepperRing(peppers))
  const created = await createSite(core)
  if (created === null) throw new Error('the benchmark found a site on a new Redis')
  await openSite(core)
  const lastUsed = createLastUsed(core.stores.apiKeys, core.stores.services)
  const config = { publicUrl: 'http://localhost:3000', trustedProxies: [], mayUseInsecureCookies: false }
  const app: App = await buildApp({
    config,
    core,
    lastUsed,
    logger: pino({ level: 'silent' }),
    version: '0.0.0',
  })
  await app.ready()
  const [sample] = await seedApiKeys(core, server.socketPath, { count })
  const first = { authorization: basic('first', created.firstSecret.reveal()) }
  const { headers } = await signInAs({ app, first }, 'root', ['user', 'admin'])
  return {
    count,
    user: sample?.user ?? '',
    async ask(path, accept = '*/*') {
      const begin = performance.now()
      const answer = await app.inject({ url: path, headers: { cookie: headers.cookie, accept } })
      if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.body}`)
      return { ms: performance.now() - begin, bytes: answer.rawPayload.length }
    },
    async close() {
      await app.close()
      await redis.close()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
