// Requests as bytes on a real socket, for what no HTTP client would send, and the answers as they came.

import { connect } from 'node:net'
import type { Test } from 'tap'
import { catalogue, type ErrorCode } from '../../domain/errors.ts'
import { publicUrl } from '../support/site.ts'

export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawRequest {
  readonly start: string
  /** Lines as they stand; Host and Connection are added unless they are here. */
  readonly headers?: readonly (string | Buffer)[]
  readonly body?: string | Buffer
}

const crlf = Buffer.from('\r\n')

/** Sends one request on a connection of its own and reads until the server closes it. */
export async function exchange(
  url: string,
  { start, headers = [], body = '' }: RawRequest,
): Promise<RawAnswer> {
  const lines = headers.map((line) => Buffer.from(line))
  const has = (name: string) => lines.some((line) => line.toString().toLowerCase().startsWith(`${name}:`))
  if (!has('host')) lines.push(Buffer.from(`Host: ${new URL(publicUrl).host}`))
  if (!has('connection')) lines.push(Buffer.from('Connection: close'))
  const head = [Buffer.from(start), ...lines].flatMap((line) => [line, crlf])
  const received = await sendBytes(
    Number(new URL(url).port),
    Buffer.concat([...head, crlf, Buffer.from(body)]),
  )
  return parseAnswer(received)
}

async function sendBytes(port: number, bytes: Buffer): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(10_000, () => socket.destroy(new Error('the server did not close the connection')))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
    // A server that refuses early may reset a connection whose rest it never read: what it said is what counts.
    socket.on('error', (error) => chunks.length === 0 && reject(error))
    socket.write(bytes)
  })
}

function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return {
    status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]),
    headers: Object.fromEntries(headers),
    body: rest.join('\r\n\r\n'),
  }
}

/** The whole answer is the problem document of this code; a 401 brings the challenge, to the letter. */
export function assertRawProblem(t: Test, answer: RawAnswer, code: ErrorCode, note = ''): void {
  const { status, title } = catalogue[code]
  t.equal(answer.status, status, `${note || code} is ${status}`)
  t.match(answer.headers['content-type'], /^application\/problem\+json(; charset=utf-8)?$/)
  t.equal(Buffer.byteLength(answer.body), Number(answer.headers['content-length']), 'the body is whole')
  const { detail, ...rest } = JSON.parse(answer.body)
  t.same(rest, { type: `urn:latchkey:problem:${code}`, title, status, code }, note)
  t.ok(typeof detail === 'string' && detail.length > 0, 'the detail says something')
  const realm = `Latchkey at ${new URL(publicUrl).host}`
  const challenge = status === 401 ? `Basic realm="${realm}", charset="UTF-8"` : undefined
  t.equal(answer.headers['www-authenticate'], challenge)
}
