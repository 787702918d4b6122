import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { IssuerError } from '../../../node/errors.ts'
import { createInProcessQueue } from '../../../node/jobs/in-process.ts'
import type { Queue } from '../../../node/jobs/queue.ts'

const never = 1_000_000

describe('createInProcessQueue', () => {
  let queue: Queue
  const ran = new EventEmitter()

  afterEach(() => queue.stop())

  it('runs a job on notice, also one given before the start', async () => {
    queue = createInProcessQueue({ intervalMs: never })
    const first = once(ran, 'a')
    queue.notify('a')
    await queue.start([{ name: 'a', run: async () => Number(ran.emit('a')) }])
    await first
    const second = once(ran, 'a')
    await new Promise(setImmediate)
    queue.notify('a')
    await second
  })

  it('looks for work on its own', async () => {
    queue = createInProcessQueue({ intervalMs: 1 })
    const first = once(ran, 'b')
    await queue.start([{ name: 'b', run: async () => Number(ran.emit('b')) }])
    await first
  })

  it('never runs a job twice at a time, and again when notified meanwhile', async () => {
    queue = createInProcessQueue({ intervalMs: never })
    let active = 0
    let runs = 0
    const done = once(ran, 'done')
    const run = async () => {
      assert.equal(++active, 1)
      if (++runs === 1) for (let i = 0; i < 3; i++) queue.notify('c')
      await new Promise(setImmediate)
      active--
      if (runs === 2) ran.emit('done')
      return 1
    }
    await queue.start([{ name: 'c', run }])
    queue.notify('c')
    await done
    await queue.stop()
    assert.equal(runs, 2)
  })

  it('tries again exactly what is retryable', async () => {
    const failures: string[] = []
    queue = createInProcessQueue({
      intervalMs: never,
      backoffMs: 1,
      onError: (_error, name) => failures.push(name),
    })
    let attempts = 0
    const recovered = once(ran, 'recovered')
    const broken = once(ran, 'broken')
    await queue.start([
      {
        name: 'chain',
        run: async () => {
          if (++attempts < 4) throw new IssuerError('CHAIN_UNREACHABLE')
          return Number(ran.emit('recovered'))
        },
      },
      {
        name: 'bug',
        run: async () => {
          ran.emit('broken')
          throw new Error('no retry')
        },
      },
    ])
    queue.notify('bug')
    queue.notify('chain')
    await Promise.all([recovered, broken])
    await queue.stop()
    assert.deepEqual(failures.sort(), ['bug', 'chain', 'chain', 'chain'])
  })

  it('lets a running job end before it stops', async () => {
    queue = createInProcessQueue({ intervalMs: never })
    let ended = false
    const begun = once(ran, 'begun')
    await queue.start([
      {
        name: 'd',
        run: async () => {
          ran.emit('begun')
          await new Promise(setImmediate)
          ended = true
          return 1
        },
      },
    ])
    queue.notify('d')
    await begun
    await queue.stop()
    assert.ok(ended)
  })
})
