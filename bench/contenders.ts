// What is compared: each a server process of its own over the same Redis, and the requests that it is sent.

import { type Server, startServer } from './child.ts'
import { type BenchSite, basic, userName } from './site.ts'

export interface Contender {
  readonly name: string
  /** A module that listens on PORT when it is run. */
  readonly script: URL
  readonly environment?: Readonly<Record<string, string>>
  request(key: string, site: BenchSite): PlainRequest
}

interface PlainRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly authorization: string
  readonly body?: string
}

const bareServer = new URL('./bare.ts', import.meta.url)

function askWhoIAm(key: string): PlainRequest {
  return { method: 'GET', path: '/v1/me', authorization: basic('apikey', key) }
}

function askAboutKey(key: string, { service }: BenchSite): PlainRequest {
  const body = JSON.stringify({ credential: key })
  return { method: 'POST', path: '/v1/verify', authorization: basic(service.name, service.secret), body }
}

/** The first is what the others are compared with. */
export const bareContenders: readonly Contender[] = [
  { name: 'bare', script: bareServer, request: askWhoIAm },
  { name: 'bare+log', script: bareServer, environment: { BARE_LOG: 'on' }, request: askWhoIAm },
]

/** @param root folder of a work tree of this project, with a slash at its end */
export function contendersOf(root: URL, label: string): readonly Contender[] {
  const script = new URL('server.ts', root)
  return [
    { name: `me${label}`, script, request: askWhoIAm },
    { name: `verify${label}`, script, request: askAboutKey },
  ]
}

export interface RunningContender extends Server {
  readonly name: string
  /** As they are written to the socket, one for each key. */
  readonly requests: readonly string[]
}

/** Resolves once a request of the measured kind is answered with the user it is about. */
export async function startContender(
  contender: Contender,
  site: BenchSite,
  nodeOptions: readonly string[],
): Promise<RunningContender> {
  const { name, script, request } = contender
  const { method, path, authorization, body } = request(site.keys[0] ?? '', site)
  const headers = { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const server = await startServer(script, {
    environment: { ...site.environment, ...contender.environment },
    nodeOptions,
    probe: { path, init: { method, headers, body: body ?? null }, holds: `"name":"${userName(0)}"` },
  })
  return { ...server, name, requests: site.keys.map((key) => wireText(request(key, site), server.origin)) }
}

function wireText({ method, path, authorization, body }: PlainRequest, origin: string): string {
  const { host } = new URL(origin)
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization}\r\n`
  if (body === undefined) return `${head}\r\n`
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
