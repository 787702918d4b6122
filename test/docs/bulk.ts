import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, holderDid, makeIssuer } from '../node/protocols/rest/scenario.ts'
import { startNode, type TestNode } from '../node.ts'
import { root } from './programs.ts'

describe('docs/bulk.md', () => {
  let node: TestNode
  let folder: string

  before(async () => {
    node = await startNode()
    folder = await mkdtemp(join(tmpdir(), 'cartulary-docs-'))
  })
  after(async () => {
    await node?.close()
    if (folder) await rm(folder, { recursive: true })
  })

  it('shows commands that do what it says', async () => {
    const page = await readFile(join(root, 'docs', 'bulk.md'), 'utf8')
    const programs = [...page.matchAll(/^```sh\n([^`]+)^```$/gm)].map(([, program = '']) => program)
    assert.equal(programs.length, 2)
    const issuerDid = await makeIssuer(node)
    const script = programs
      .join('\n')
      .replaceAll('http://127.0.0.1:3000', node.node.url)
      .replaceAll('npx cartulary', `node ${join(root, 'scripts', 'cartulary.mjs')}`)
    const environment = { KEY: node.adminApiKey, HOLDER: holderDid, ISSUER: issuerDid }
    const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter)
    const { stdout } = await promisify(execFile)('bash', ['-c', script], {
      cwd: folder,
      env: { ...environment, PATH, HOME: folder },
    })
    assert.match(stdout, /^done: 2 of 3 rows issued, 1 failed, 1 transactions$/m)
    assert.match(stdout, /^event: done$/m)
    assert.match(
      stdout,
      /^3,SCHEMA_VALIDATION_FAILED,[^\n]*\/claims\/degree\/graduationYear must be an integer/m,
    )
    const failure = await readFile(join(folder, 'graduates.csv.failure.csv'), 'utf8')
    assert.match(failure, /^3,SCHEMA_VALIDATION_FAILED,.*,soon,\r$/m)
    const [job] = expect(200, await node.call('GET', '/api/v1/credentials/issue/bulk')).body.items
    assert.deepEqual([job.state, job.issued], ['done', 2])
  })
})
