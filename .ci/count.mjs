// Counts what ./run ran, names what failed or was skipped, and prints `N passed, N failed` as the last line.
//
//   node .ci/count.mjs TAP-FILE LIST-OF-TEST-FILES 'npm test=STATUS' 'npm run check:types=STATUS' ...
//
// An assertion is a test point without points of its own. A test file or subtest that failed without a failed
// assertion in it crashed, timed out or broke its plan: that is one failure. Skipped and todo points are neither.

import { readFileSync } from 'node:fs'

const [tapFile, listFile, tests, ...checks] = process.argv.slice(2)
const failures = []
const undecided = []
const finishedFiles = new Set()
const expiredFiles = new Set()
let passed = 0

const { Parser } = await import('tap-parser').catch(() => ({ Parser: null }))
if (Parser !== null) countTap(read(tapFile))
// When a file times out, tap may drop the results of files that ran after it.
for (const file of read(listFile).split('\n').filter(Boolean)) {
  if (!finishedFiles.has(file) && !hasFailed(file)) failures.push(`${file} (no result)`)
}
for (const file of expiredFiles) if (!hasFailed(file)) failures.push(`${file} (timeout)`)
// Whatever the record says: a run that ended badly has failed, and so has one that tested nothing.
if (failures.length === 0 && !succeeded(tests)) failures.push(describe(tests))
if (failures.length === 0 && passed === 0) failures.push('nothing was tested')

for (const check of checks) {
  if (succeeded(check)) passed += 1
  else failures.push(describe(check))
}
for (const name of undecided) console.log(`skipped: ${name}`)
for (const name of failures) console.log(`failed: ${name}`)
console.log(`${passed} passed, ${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function countTap(text) {
  const parser = new Parser()
  observe(parser, '')
  parser.on('bailout', (reason) => failures.push(`bail out: ${reason}`))
  parser.end(text)
  if (failures.length === 0 && !parser.results?.ok) failures.push('the record of the tests (not complete)')
}

// tap-parser announces a nested parser before the test point that sums it up.
function observe(parser, path) {
  let nested = null
  parser.on('child', (child) => {
    nested = { failuresBefore: failures.length, pointCount: 0 }
    const counter = nested
    child.on('assert', () => {
      counter.pointCount += 1
    })
    observe(child, `${path}${child.name} > `)
  })
  parser.on('assert', (point) => {
    if (path === '' && point.diag?.expired) expiredFiles.add(point.diag.expired)
    else countPoint(point, nested, path)
    if (path === '') finishedFiles.add(point.name)
    nested = null
  })
}

function countPoint(point, nested, path) {
  const name = path + point.name
  if (point.skip || point.todo) undecided.push(name)
  else if (nested === null && point.ok) passed += 1
  else if (nested === null) failures.push(name)
  else if (!point.ok && failures.length === nested.failuresBefore)
    failures.push(`${name} (${causeOf(point)})`)
  else if (point.ok && nested.pointCount === 0) undecided.push(`${name} (no assertions)`)
}

function causeOf({ diag }) {
  if (diag?.signal) return `ended by ${diag.signal}`
  return diag?.exitCode ? `ended with ${diag.exitCode}` : 'ended badly'
}

function hasFailed(file) {
  return failures.some((failure) => failure.startsWith(`${file} `))
}

function succeeded(outcome) {
  return outcome.endsWith('=0')
}

function describe(outcome) {
  return outcome.replace(/=(\d+)$/, ' (ended with $1)')
}
