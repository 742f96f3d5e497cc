// Preloaded (`node --import`) into every server that is measured, so that it answers with its own processor time, all of
// its threads included, and ends with the benchmark.

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.(user + system)
})
process.on('disconnect', () => process.exit())
