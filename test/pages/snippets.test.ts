// The texts that a new key is shown with do what they say, run as they stand: those for which every machine with these tests
// has the program.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { snippetsOf } from '../../pages/snippets.ts'
import { startSite } from '../support/site.ts'

const run = promisify(execFile)
const site = await startSite(t)
const url = (await site.listen()).replace('127.0.0.1', 'localhost')
const key = await site.mint('ada@example.org')
const snippets = new Map(snippetsOf(url, key.secret).map(({ id, text }) => [id, text]))
const home = await mkdtemp(join(tmpdir(), 'latchkey-snippets-'))
t.teardown(async () => await rm(home, { recursive: true, force: true }))
const env = { ...process.env, HOME: home, LATCHKEY_API_KEY: key.secret }

async function written(name: string, id: string): Promise<string> {
  const path = join(home, name)
  await writeFile(path, snippets.get(id) ?? '', { mode: 0o600 })
  return path
}

t.test('curl, with the key and by .netrc', async (t) => {
  await written('.netrc', 'netrc')
  const { stdout } = await run('sh', [await written('curl.sh', 'curl')], { env })
  const [byKey, byNetrc, ...more] = stdout.split(/(?<=\})(?=\{"active")/)
  for (const answer of [byKey, byNetrc])
    t.match(JSON.parse(answer ?? ''), { active: true, id: key.id, user: { name: 'ada@example.org' } })
  t.same(more, [])
})

t.test('JavaScript, with the key from the environment', async (t) => {
  const script = await written('who.mjs', 'javascript')
  t.equal((await run(process.execPath, [script], { env })).stdout, 'ada@example.org\n')
  await site.app.inject({ method: 'DELETE', url: `/v1/admin/api-keys/${key.id}`, headers: site.first })
  const refused = run(process.execPath, [script], { env })
  await t.rejects(
    refused,
    { code: 1, stderr: /credential_invalid/ },
    'a refusal ends the program with its reason',
  )
})
