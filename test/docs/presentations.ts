import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startNode, type TestNode } from '../node.ts'
import { programsOf } from './programs.ts'

describe('docs/presentations.md', () => {
  let node: TestNode
  let directory: string

  before(async () => {
    node = await startNode()
    directory = await mkdtemp(join(tmpdir(), 'presentations-'))
  })
  after(async () => {
    await node?.close()
    if (directory) await rm(directory, { recursive: true })
  })

  it('shows a program that presents a chosen attribute', async () => {
    const program = join(directory, 'present.mjs')
    await writeFile(program, (await programsOf('docs/presentations.md')).get('present.mjs') as string)
    const env = { ...process.env, NODE_URL: node.node.url, KEY: node.adminApiKey }
    const { stdout } = await promisify(execFile)(process.execPath, [program], { env })
    for (const line of [
      "shown: [ 'id', 'level' ]",
      "answered: 'pass'",
      "bound: 'pass'",
      "credential: 'pass'",
      "replayed: 'fail'",
    ]) {
      assert.ok(stdout.includes(line), stdout)
    }
  })
})
