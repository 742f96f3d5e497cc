/**
 * What a command asks a person: yes or no, and secrets, which are never an argument (arguments are seen by everybody on
 * the machine). Questions go to standard error, so that standard output stays what the command answers.
 */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { Failure, UsageFailure } from './failure.ts'
import { plainText } from './plain-text.ts'

/** Longer than any credential, shorter than what hurts. */
const longestSecret = 4_096

/**
 * Goes on only when the answer is yes.
 * @throws UsageFailure without a terminal and without --yes; Failure for any other answer
 */
export async function confirm(question: string): Promise<void> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new UsageFailure(`${plainText(question)} Nothing was done: without a terminal this takes --yes.`)
  }
  const answer = await ask(`${plainText(question)} (y/N) `, process.stderr)
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new Failure('Nothing was done.')
}

/** A secret from standard input: typed without being shown, or the one line of a pipe or file. */
export async function readSecret(question: string): Promise<string> {
  const text = process.stdin.isTTY === true ? await askHidden(question) : await readLine()
  if (text === '') throw new UsageFailure('Nothing came on standard input.')
  return text
}

/** The empty answer when the person ends the input or interrupts. */
async function ask(question: string, output: Writable): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output, terminal: true })
  return await new Promise((resolve) => {
    prompt.question(question, (answer) => {
      resolve(answer)
      prompt.close()
    })
    prompt.once('close', () => resolve(''))
  })
}

async function askHidden(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  // From here on the terminal echoes nothing; only then is the question shown, or who types at once is seen.
  const answer = ask('', nowhere)
  process.stderr.write(`${question}: `)
  try {
    return await answer
  } finally {
    process.stderr.write('\n')
  }
}

/** One line break at the end is that of the file; everything else belongs to the secret. */
async function readLine(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.length > longestSecret) throw new UsageFailure('Standard input holds more than a credential.')
  }
  return text.replace(/\r?\n$/, '')
}
