/**
 * Waits for a job of the server, with a bar on a terminal. The server may go away and come back meanwhile: any instance
 * continues the job, and we go on asking until the time is up.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Job } from '../schemas/job.ts'
import { type Api, backOff, pathOf } from './api.ts'
import { Failure, ServerProblem, UnreachableFailure } from './failure.ts'

/** @throws Failure when the time is up; the job goes on without us */
export async function waitForJob(api: Api, begun: Job, timeoutSeconds: number): Promise<Job> {
  const deadlineMs = performance.now() + timeoutSeconds * 1_000
  const bar = await createBar(begun)
  let job = begun
  let away: UnreachableFailure | ServerProblem | null = null
  try {
    for (let attempt = 0; job.status === 'running'; attempt++) {
      // Not rarer than about once a second and a half while the server answers.
      await backOff(away === null ? Math.min(attempt, 3) : attempt)
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) throw timeIsUp(job, timeoutSeconds, away)
      const next = await jobOrAway(api, job.id, leftMs)
      away = next instanceof Error ? next : null
      job = next instanceof Error ? job : next
      bar.show(job, away !== null)
    }
    return job
  } finally {
    bar.end()
  }
}

function timeIsUp({ id }: Job, seconds: number, away: Error | null): Failure {
  const goesOn = `Job ${id} goes on by itself.`
  return away === null
    ? new Failure(`The job was still running after ${seconds} s. ${goesOn}`)
    : new UnreachableFailure(`${away.message} ${goesOn}`, { cause: away })
}

/** An error while nobody answers: the server is away, or its Redis is. */
async function jobOrAway(
  api: Api,
  id: string,
  leftMs: number,
): Promise<Job | UnreachableFailure | ServerProblem> {
  const deadline = new AbortController()
  const late = delay(leftMs, new UnreachableFailure(`${api.origin} does not answer.`), {
    signal: deadline.signal,
  })
  try {
    return await Promise.race([api.get<Job>(pathOf('v1', 'admin', 'jobs', id)), late])
  } catch (error) {
    const isAway =
      error instanceof UnreachableFailure || (error instanceof ServerProblem && error.status === 503)
    if (isAway) return error
    throw error
  } finally {
    late.catch(() => {})
    deadline.abort()
  }
}

interface Bar {
  show(job: Job, isAway: boolean): void
  end(): void
}

/** On a terminal only; what draws it is loaded only then. */
async function createBar({ total }: Job): Promise<Bar> {
  if (process.stderr.isTTY !== true) return { show: () => {}, end: () => {} }
  const { SingleBar } = await import('cli-progress')
  const format = '{bar} {percentage}% | {value} of {total} keys | {state}'
  const bar = new SingleBar({ format, stream: process.stderr, barCompleteChar: '#', barIncompleteChar: '.' })
  const most = Math.max(total, 1)
  bar.start(most, 0, { state: 'running' })
  return {
    show({ examined, status }, isAway) {
      const value = status === 'ended' ? most : Math.min(examined, most)
      bar.update(value, { state: isAway ? 'the server is away' : status })
    },
    end: () => bar.stop(),
  }
}
