import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNode } from '../node.ts'
import { programsOf } from './programs.ts'

describe('docs/vc-api.md', () => {
  it('shows a credential from issuance to revocation', async () => {
    const node = await startNode()
    const directory = await mkdtemp(join(tmpdir(), 'vc-api-'))
    try {
      const programs = await programsOf('docs/vc-api.md')
      await writeFile(join(directory, 'vc-api.mjs'), programs.get('vc-api.mjs') ?? '')
      const env = { NODE_URL: node.node.url, KEY: node.adminApiKey }
      const lines = await new Promise<string[]>((resolve, reject) => {
        execFile(process.execPath, ['vc-api.mjs'], { cwd: directory, env }, (error, stdout, stderr) => {
          if (error) reject(new Error(stdout + stderr))
          else resolve(stdout.trim().split('\n'))
        })
      })
      assert.deepEqual(lines, [
        'issued 201 ecdsa-rdfc-2019',
        'verified 200 true',
        'revoked 200',
        'verified 400 false STATUS_VERIFICATION_ERROR',
      ])
    } finally {
      await rm(directory, { recursive: true })
      await node.close()
    }
  })
})
