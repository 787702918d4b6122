import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startChain, type TestChain } from '../../chain.ts'
import { startProcess, type TestProcess } from '../../process.ts'

/** JSON of 0.8 MB with 60,000 objects and arrays, which one thread reads in one go. */
const heavy = JSON.stringify({
  credential: { many: Array.from({ length: 30_000 }, (_, n) => ({ n, b: [n, 'x'] })) },
})

describe('a node whose event loop is late', () => {
  let chain: TestChain
  let folder: string
  let node: TestProcess

  before(async () => {
    chain = await startChain()
    folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
    // nothing is refused for its weight
    const limits = { EVENT_LOOP_DELAY_MS: '50', IN_PROGRESS_BYTES: '9999999999' }
    node = await startProcess('all', { chain, environment: { ...limits, DATA_DIR: folder } })
  })
  after(async () => {
    await node?.end('SIGKILL')
    await chain?.close()
    await rm(folder, { recursive: true })
  })

  const verify = (body: unknown) => node.call('POST', '/api/v1/credentials/verify', { body, key: null })

  it('refuses what would be more work, answers what only reads, and goes on by itself', async () => {
    let refused = 0
    const client = async () => {
      while (refused < 20) {
        const { status, headers, body } = await verify(heavy)
        if (status === 400) continue
        assert.deepEqual(
          [status, body.code, body.retryable, headers.get('retry-after')],
          [503, 'NODE_BUSY', true, '2'],
        )
        refused++
        assert.equal((await node.call('GET', '/health/live', { key: null })).status, 200)
      }
    }
    await Promise.all([client(), client(), client(), client()])
    const light = { credential: 'x' }
    let answer = await verify(light)
    for (; answer.status === 503; answer = await verify(light)) await delay(100)
    assert.equal(answer.status, 400)
  }).timeout(60_000)
})
