// The end of a server that is busy.

import { Agent, request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { makeWorkplace, readFirst, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

t.test('threat 39: SIGTERM under load resets no request that was sent', async (t) => {
  const { environment, data } = await makeWorkplace(t)
  const server = await startServer(t, environment)
  const headers = await readFirst(join(data, 'first-steps'))
  const answered: number[] = []
  const failed: string[] = []
  let isOver = false

  const ask = async (agent: Agent): Promise<void> =>
    await new Promise((resolve) => {
      const asked = request(`${server.url}/v1/me`, { agent, headers }, (answer) => {
        answered.push(answer.statusCode ?? 0)
        answer.resume().on('end', resolve)
      })
      asked.on('error', (error: NodeJS.ErrnoException) => {
        // Nobody listens any more: the request was never sent.
        if (error.code === 'ECONNREFUSED') isOver = true
        else failed.push(String(error.code))
        resolve()
      })
      asked.end()
    })
  const worker = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!isOver) await ask(agent)
    agent.destroy()
  }
  const workers = Array.from({ length: 20 }, worker)
  await until('there is load', () => answered.length > 400)
  server.kill('SIGTERM')
  await Promise.all(workers)
  t.same(failed, [], `${answered.length} requests`)
  t.same([...new Set(answered)], [200])
  t.same(await server.ended, { code: 0, signal: null })
})
