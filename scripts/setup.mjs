// What has to be there before the project runs: the npm packages of package-lock.json and the system packages of
// ./system-packages.mjs. npm calls it before `npm start`, `npm test` and `npm run latchkey`. When all is there it
// prints nothing and takes some 70 ms. Plain JavaScript: it runs before `npm ci`, on whatever Node the system has.
//
//   node scripts/setup.mjs start|test

import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runQuietly, say } from './run-quietly.mjs'
import { provideSystemPackages } from './system-packages.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const occasion = process.argv[2]

if (occasion !== 'start' && occasion !== 'test') {
  say('usage: node scripts/setup.mjs start|test')
  process.exit(2)
}
const isReady =
  provideNpmPackages() && provideSystemPackages(occasion) && (occasion === 'start' || prepareTap())
if (!isReady) process.exit(1)

function provideNpmPackages() {
  if (!isInstalled()) {
    say('Installing the npm packages with npm ci …')
    // The environment may say NODE_ENV=production, which would leave out the development packages: among them
    // is the Node that runs this project.
    const options = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
    if (!runQuietly([...npmCommand(), ...options], { cwd: root })) return false
  }
  if (hasNode()) return true
  say(
    `Node ${process.versions.node} is too old: 22.18 or newer is needed. The npm package "node" would bring one, ` +
      'but its install script did not run. Allow install scripts (npm config delete ignore-scripts) and run this ' +
      'again, or install a newer Node.',
  )
  return false
}

// The packages on disk decide. npm's own list of them, node_modules/.package-lock.json, cannot:
// `npm install --package-lock-only` rewrites it and installs nothing.
function isInstalled() {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'))
  const differing = Object.entries(packages).filter(
    ([path, entry]) => path !== '' && versionOnDisk(path) !== entry.version,
  )
  // A production installation (npm ci --omit=dev) on a Node that is new enough is left as it is.
  const mayOmit = occasion === 'start' ? isNotNeededToStart : isForAnotherPlatform
  return hasNode() && differing.every(mayOmit)
}

function isForAnotherPlatform([path, entry]) {
  return entry.optional === true && versionOnDisk(path) === null
}

function isNotNeededToStart([path, entry]) {
  return (
    isForAnotherPlatform([path, entry]) || ((entry.dev || entry.devOptional) && versionOnDisk(path) === null)
  )
}

function versionOnDisk(path) {
  try {
    return JSON.parse(readFileSync(`${root}${path}/package.json`, 'utf8')).version
  } catch {
    return null
  }
}

// tap generates its test class for the plugins of .taprc. Left to itself it does so within its first run, which has
// by then chosen the TypeScript plugin and fails.
function prepareTap() {
  const testClass = readFileSync(`${root}node_modules/@tapjs/test/test-built/dist/esm/index.js`, 'utf8')
  if (!testClass.includes('@tapjs/typescript')) return true
  say('Preparing tap with tap build …')
  return runQuietly([`${root}node_modules/.bin/tap`, 'build'], { cwd: root })
}

// npm scripts find the Node of node_modules first.
function hasNode() {
  return isNodeNewEnough() || existsSync(`${root}node_modules/.bin/node`)
}

function isNodeNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 18)
}

// The npm that runs this script, even where no npm is on the PATH.
function npmCommand() {
  const path = process.env.npm_execpath
  return path !== undefined && basename(path) === 'npm-cli.js' ? [process.execPath, path] : ['npm']
}
