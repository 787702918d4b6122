import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

describe('docs/anoncreds.md', () => {
  it('has an example that ends with a verified presentation', async () => {
    const page = await readFile(join(root, 'docs/anoncreds.md'), 'utf8')
    const [, code = ''] = /^```ts anoncreds\.ts\n([\s\S]*?)^```$/m.exec(page) ?? []
    // beside package.json, as its imports say
    const file = join(root, `.anoncreds-example-${process.pid}.ts`)
    await writeFile(file, code)
    try {
      const { stdout, stderr } = await run(process.execPath, [file], { cwd: root })
      assert.deepEqual(JSON.parse(stdout), { verified: true })
      assert.equal(stderr, 'first-prime\nsecond-prime\nkey\n')
    } finally {
      await rm(file, { force: true })
    }
  })
})
