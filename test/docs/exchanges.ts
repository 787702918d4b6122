import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transitions } from '../../node/exchange/machine.ts'
import { startTwoNodes } from '../node/protocols/rest/two-nodes.ts'
import { programsOf, root } from './programs.ts'

describe('docs/exchanges.md', () => {
  it('shows an exchange from the invitation to the stored credential', async () => {
    const { issuer, holder, close } = await startTwoNodes()
    const directory = await mkdtemp(join(tmpdir(), 'exchanges-'))
    try {
      const programs = await programsOf('docs/exchanges.md')
      await writeFile(join(directory, 'exchanges.mjs'), programs.get('exchanges.mjs') ?? '')
      const env = {
        ...{ ISSUER_URL: issuer.node.url, ISSUER_KEY: issuer.adminApiKey },
        ...{ HOLDER_URL: holder.node.url, HOLDER_KEY: holder.adminApiKey },
      }
      const lines = await new Promise<string[]>((resolve, reject) => {
        execFile(process.execPath, ['exchanges.mjs'], { cwd: directory, env }, (error, stdout, stderr) => {
          if (error) reject(new Error(stdout + stderr))
          else resolve(stdout.trim().split('\n'))
        })
      })
      assert.deepEqual(lines, [
        'connected with University',
        'offered Your degree',
        'stored UniversityDegreeCredential verified true',
      ])
    } finally {
      await rm(directory, { recursive: true })
      await close()
    }
  })

  it('names every step of the machine', async () => {
    const text = await readFile(join(root, 'docs/exchanges.md'), 'utf8')
    for (const { step } of transitions) assert.ok(text.includes(`\`${step}\``), step)
  })
})
