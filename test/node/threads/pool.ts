import assert from 'node:assert/strict'
import { once } from 'node:events'
import { openPool, type Pool } from '../../../node/threads/pool.ts'

describe('the pool of threads', () => {
  let pool: Pool

  beforeEach(() => {
    pool = openPool({ entry: 'worker', most: 3, idleMs: 500, youngMb: 32 })
  })

  afterEach(() => pool.destroy())

  /** A call for an operation that there is not is answered, too. */
  const call = () => pool.run({ folder: 'bbs', name: 'none', input: null })

  it('has one thread while calls come one by one', async () => {
    await call()
    await call()
    assert.equal(pool.threads.length, 1)
  })

  it('has more while calls wait, no more than it may, and one when they have long been done', async () => {
    const ended = once(pool, 'workerDestroy').then(() => once(pool, 'workerDestroy'))
    const calls = Promise.all(Array.from({ length: 30 }, call))
    assert.equal(pool.threads.length, 3)
    await calls
    await ended
    assert.equal(pool.threads.length, 1)
  }).timeout(60_000)
})
