import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('npm run demo:anoncreds', () => {
  it('runs the eleven steps between two nodes, and presents to a third', async () => {
    const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
      const options = { cwd: root, env: {} }
      execFile(process.execPath, ['scripts/demo-anoncreds.ts'], options, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
      )
    })
    assert.equal(code, 0, output)
    const steps = [...output.matchAll(/^(\d+)\. +\S/gm)].map(([, number]) => Number(number))
    assert.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    assert.match(output, /generating, [0-2] of 2 safe primes/)
    assert.match(output, /^ {4}verified true: \{"degree":"Bachelor of Science"\}, adult/m)
    assert.equal(output.match(/^ {4}verified false: /gm)?.length, 2)
    assert.match(output, /Every step gave what it should/)
    // it may look for safe primes for a long time
  }).timeout(300_000)
})
