// Checks that imports point one way: routes → domain → store → Redis. The rules are the table below; a folder that
// is not in it is refused, so a new one has to be thought about. Also that Redis names are made in one file.
// It reads text, not syntax trees: imports are the lines that look like imports. `npm run check:imports` runs it.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Places are folders ('domain/') and files ('app.ts') of the project; packages are names, or 'node:' for Node's own. */
interface Rule {
  readonly reason: string
  /** The only places that this one may import, besides itself; absent: any. */
  readonly only?: readonly string[]
  /** Places that it may not import. */
  readonly never?: readonly string[]
  /** The only packages that it may import; absent: any. */
  readonly packages?: readonly string[]
  /** `import type` is allowed from every place. */
  readonly typesFromAnywhere?: true
}

const rules: Record<string, Rule | 'free'> = {
  'domain/': {
    reason: 'domain/ is pure rules over store/',
    only: ['store/'],
    packages: ['node:', '@node-rs/argon2', 'p-limit'],
  },
  'store/': {
    reason: 'store/ knows Redis and the error catalogue, nothing above it',
    only: ['domain/errors.ts', 'domain/base62.ts'],
    packages: ['node:', 'ioredis'],
  },
  'schemas/': {
    reason: 'schemas/ is TypeBox, and the lists of words that the domain fixes',
    only: ['domain/errors.ts', 'domain/caller.ts'],
    packages: ['typebox'],
  },
  'routes/': {
    reason: 'routes/ is HTTP words over domain/ and schemas/',
    only: ['domain/', 'schemas/'],
    typesFromAnywhere: true,
  },
  'pages/': {
    reason: 'pages/ is HTML over domain/ and schemas/',
    only: ['domain/', 'schemas/'],
    typesFromAnywhere: true,
  },
  'plugins/': {
    reason: 'plugins/ wire things together below routes/ and pages/',
    never: ['routes/', 'pages/', 'app.ts', 'server.ts'],
  },
  'cli/': {
    reason: 'cli/ works without the HTTP side',
    never: ['routes/', 'plugins/', 'pages/', 'app.ts', 'server.ts'],
  },
  'client/': { reason: 'client/ is published alone', only: [] },
  'app.ts': { reason: 'server.ts starts the app, not the other way round', never: ['server.ts'] },
  'server.ts': { reason: 'server.ts starts everything' },
  // config.ts and whatever else stands at the top.
  '*.ts': {
    reason: 'only app.ts and server.ts put everything together',
    never: ['routes/', 'plugins/', 'pages/', 'cli/', 'client/', 'app.ts', 'server.ts'],
  },
  'test/': 'free',
  'bench/': 'free',
  'scripts/': 'free',
  'deploy/': 'free',
  'docs/': 'free',
}

/** Packages that belong to one place, types included, whatever its rule says; free places may use them. */
const packageOwners: Record<string, string> = { ioredis: 'store/' }

/** The only place where a Redis name is made; tests may spell one out to look behind the store. */
const redisNames = {
  prefix: 'lk:',
  madeIn: 'store/names.ts',
  mayNameIn: ['test/', 'docs/', 'scripts/check-imports.ts'],
}

const root = fileURLToPath(new URL('..', import.meta.url))
const ignoredFolders = ['node_modules', 'data', 'dist', 'coverage']
const code = /\.[cm]?[jt]s$/
const stringOrComment = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/.*|\/\*[\s\S]*?\*\//g
const importForms = [
  /^[ \t]*(?:import|export)\s+(?<type>type\s+)?(?:[\w$]+\s*,\s*)?(?:\{[^{}]*\}|\*(?:\s+as\s+[\w$]+)?|[\w$]+)\s*from\s*(['"])(?<specifier>[^'"]+)\2/gm,
  /^[ \t]*import\s*(['"])(?<specifier>[^'"]+)\1/gm,
  // import('…').Name is a type; import('…') and import('…').then(…) run.
  /\b(?:import|require)\s*\(\s*(['"`])(?<specifier>[^'"`]+)\1\s*,?\s*\)(?<type>\s*\.\s*(?!then\b|catch\b|finally\b)\w)?/g,
]

const files = listFiles()
const violations = files.flatMap(check)
for (const violation of violations) console.error(violation)
if (violations.length === 0) console.log(`${files.length} files checked: all imports point the right way.`)
else process.exitCode = 1

function listFiles(): string[] {
  const top = readdirSync(root, { withFileTypes: true })
  const folders = top.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !ignoredFolders.includes(entry.name),
  )
  const below = folders.flatMap(({ name }) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((path) => join(name, path)),
  )
  return [...top.filter((entry) => entry.isFile()).map((entry) => entry.name), ...below]
    .map((path) => path.split(sep).join('/'))
    .filter((path) => (code.test(path) || path.endsWith('.lua')) && !path.includes('node_modules/'))
    .sort()
}

function check(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  if (file.endsWith('.lua')) return checkRedisNames(file, blank(text, /--.*/g))
  const source = blank(text, stringOrComment)
  return [...checkImports(file, source), ...checkRedisNames(file, source)]
}

/** Overwrites comments with spaces, so that positions stay; a match that starts with a quote is left alone. */
function blank(text: string, pattern: RegExp): string {
  return text.replace(pattern, (match) => (/^['"`]/.test(match) ? match : match.replace(/\S/g, ' ')))
}

function checkImports(file: string, source: string): string[] {
  const area = placeOf(file)
  const rule = rules[area] ?? (area.endsWith('/') ? undefined : rules['*.ts'])
  if (rule === 'free') return []
  if (rule === undefined) {
    return [`${file}:1 is in no place that scripts/check-imports.ts knows: add a rule for ${area}`]
  }
  return findImports(file, source).flatMap((found) => {
    const owner = found.isPackage ? packageOwners[found.target] : undefined
    const isOwned = owner !== undefined && owner !== area
    if (!isOwned && isAllowed(area, rule, found)) return []
    const reason = isOwned ? `${found.target} is for ${owner} only` : rule.reason
    return [`${file}:${found.line} imports ${found.target}: ${reason}`]
  })
}

function isAllowed(area: string, rule: Rule, { target, isPackage, isType }: Import): boolean {
  if (isPackage) {
    const isPart = (name: string) => name.endsWith(':') || target === name || target.startsWith(`${name}/`)
    return rule.packages?.some((name) => target.startsWith(name) && isPart(name)) ?? true
  }
  const isIn = (place: string) => target === place || (place.endsWith('/') && target.startsWith(place))
  if (isIn(area) || (isType && rule.typesFromAnywhere)) return true
  if (rule.never?.some(isIn)) return false
  return rule.only?.some(isIn) ?? true
}

interface Import {
  /** A path from the project's root, or the name of a package. */
  readonly target: string
  readonly isPackage: boolean
  readonly line: number
  readonly isType: boolean
}

function findImports(file: string, source: string): Import[] {
  return importForms
    .flatMap((form) => [...source.matchAll(form)])
    .map((match) => ({
      target: resolveSpecifier(file, match.groups?.specifier ?? ''),
      isPackage: !match.groups?.specifier?.startsWith('.'),
      line: lineAt(source, match.index + match[0].search(/\S/)),
      isType: match.groups?.type !== undefined,
    }))
    .sort((one, other) => one.line - other.line)
}

function resolveSpecifier(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return relative(root, join(root, dirname(file), specifier))
    .split(sep)
    .join('/')
}

function checkRedisNames(file: string, source: string): string[] {
  const { prefix, madeIn, mayNameIn } = redisNames
  if (file === madeIn || mayNameIn.some((place) => file.startsWith(place))) return []
  return [...source.matchAll(new RegExp(`['"\`][^'"\`\\n]*\\b${prefix}`, 'g'))].map(
    (match) =>
      `${file}:${lineAt(source, match.index)} spells out "${prefix}": Redis names are made in ${madeIn} only`,
  )
}

function placeOf(file: string): string {
  const slash = file.indexOf('/')
  return slash === -1 ? file : file.slice(0, slash + 1)
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
