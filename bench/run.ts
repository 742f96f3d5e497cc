// `npm run bench`: what an authenticated request costs, beside a bare Fastify route that reads the same Redis.
// All servers run at the same time and are loaded in turn, A B C D A B C D …, in short slices, so that whatever else the
// machine does falls on all alike. Only ratios and processor time a request mean something; absolute numbers are the machine's.

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { type Child, startChild } from './child.ts'
import { bareContenders, contendersOf, type RunningContender, startContender } from './contenders.ts'
import type { LoadOrder, LoadResult } from './load.ts'
import { type Slice, tableOf } from './report.ts'
import { type BenchSite, startSite } from './site.ts'

const usage = `npm run bench -- [options]
  --rounds N        counted rounds (7)
  --warm-up N       rounds before them that are not counted (2)
  --seconds N       of load for each server in each round (2)
  --connections N   each with one request in flight (50)
  --keys N          keys of as many users, asked about in turn (1000)
  --only A,B        these servers only, the first is the base: bare, bare+log, me, verify
  --against FOLDER  the servers of another work tree of this project, too: "me of FOLDER", "verify of FOLDER"
  --profile FOLDER  write V8 CPU profiles of the servers there; slows them down`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    'warm-up': { type: 'string', default: '2' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '50' },
    keys: { type: 'string', default: '1000' },
    only: { type: 'string' },
    against: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

// Exit hooks end Redis and remove its folder; a signal alone would not run them.
process.once('SIGINT', () => process.exit(130))
if (values.help) console.log(usage)
else await run()

async function run(): Promise<void> {
  const rounds = positive('rounds')
  const warmUp = Number(values['warm-up'])
  const contenders = chosenContenders()
  const nodeOptions =
    values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', resolve(values.profile)]

  const site = await startSite(positive('keys'))
  const load = startChild(new URL('./load.ts', import.meta.url))
  const running: RunningContender[] = []
  try {
    for (const contender of contenders) {
      running.push(await startContender(contender, site, nodeOptions))
    }
    const slices = new Map(running.map(({ name }) => [name, [] as Slice[]]))
    for (let round = -warmUp; round < rounds; round++) {
      for (const contender of running) {
        const slice = await measure(contender, load, site)
        if (round >= 0) slices.get(contender.name)?.push(slice)
        const what = round < 0 ? 'warm-up' : `round ${round + 1} of ${rounds}`
        process.stderr.write(
          `${what}: ${contender.name} ${slice.perSecond.toFixed(0)}/s, ${slice.serverCpu.toFixed(1)} µs\n`,
        )
      }
    }
    console.log(tableOf([...slices].map(([name, list]) => ({ name, slices: list }))))
  } finally {
    await Promise.all([load, ...running.map(({ child }) => child)].map((child) => child.end()))
    await site.close()
  }
}

async function measure(
  { origin, requests, child }: RunningContender,
  load: Child,
  site: BenchSite,
): Promise<Slice> {
  const order: LoadOrder = {
    port: Number(new URL(origin).port),
    requests,
    connections: positive('connections'),
    seconds: positive('seconds'),
  }
  await load.ask(order)
  const [serverBefore, redisBefore] = [await child.ask<number>('cpu'), await site.redisCpu()]
  const { answered, perSecond, p50Ms, p99Ms, ownCpu } = await load.ask<LoadResult>('go')
  const [serverAfter, redisAfter] = [await child.ask<number>('cpu'), await site.redisCpu()]
  return {
    perSecond,
    p50Ms,
    p99Ms,
    serverCpu: (serverAfter - serverBefore) / answered,
    redisCpu: (redisAfter - redisBefore) / answered,
    loadCpu: ownCpu,
  }
}

function chosenContenders() {
  const here = new URL('../', import.meta.url)
  const other =
    values.against === undefined
      ? []
      : contendersOf(pathToFileURL(`${resolve(values.against)}/`), ` of ${values.against}`)
  const all = [...bareContenders, ...contendersOf(here, ''), ...other]
  if (values.only === undefined) return all
  return values.only.split(',').map((name) => {
    const found = all.find((contender) => contender.name === name)
    if (found === undefined)
      throw new Error(`no server ${name}; there are ${all.map((one) => one.name).join(', ')}`)
    return found
  })
}

function positive(name: 'rounds' | 'seconds' | 'connections' | 'keys'): number {
  const number = Number(values[name])
  if (!(number > 0)) throw new Error(`--${name} takes a number above 0`)
  return number
}
