// A process that starts the embedded Redis on the folder of its first argument and says so in one line of JSON.
// On SIGINT it does as the server does, finishes first and then stops Redis, with a line about each. Run by the
// tests of what happens to Redis when its parent ends.

import { findRunningEmbeddedRedis, startEmbeddedRedis } from '../../store/embedded-redis.ts'

const folder = process.argv[2] ?? ''
const redis = await startEmbeddedRedis({ folder })
process.once('SIGINT', async () => {
  console.log(await findRunningEmbeddedRedis(folder))
  await redis.stop()
  console.log(await redis.exited)
})
console.log(JSON.stringify({ pid: redis.pid, socketPath: redis.socketPath }))
