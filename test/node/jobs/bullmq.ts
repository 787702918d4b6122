import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { IssuerError } from '../../../node/errors.ts'
import { createBullmqQueue, migrateQueue } from '../../../node/jobs/bullmq.ts'
import type { RunnerOptions } from '../../../node/jobs/job-runner.ts'
import type { Queue } from '../../../node/jobs/queue.ts'
import { startRedis, type TestRedis, whyNoRedis } from '../../redis.ts'
import { describeOnStacks, onPostgres, onRedis } from '../../stacks.ts'

const never = 1_000_000
const missing = await whyNoRedis()

describeOnStacks(
  'announcements between processes',
  (stack) => {
    it('reach one of those that run the job, soon', async () => {
      const fresh = await stack.create()
      const url = fresh.queueUrl as string
      await migrateQueue(url)
      const namespace = randomBytes(6).toString('hex')
      const ran = new EventEmitter()
      const open = () => createBullmqQueue({ url, namespace, intervalMs: never })
      const [api, first, second, other] = await Promise.all([open(), open(), open(), open()])
      const runs: string[] = []
      const job = (who: string) => ({
        name: 'a',
        run: async () => {
          runs.push(who)
          return Number(ran.emit('a'))
        },
      })
      try {
        await first.start([job('first')])
        await second.start([job('second')])
        await pause(200)
        const took: number[] = []
        for (let n = 0; n < 40; n++) {
          const done = once(ran, 'a')
          const from = performance.now()
          api.notify('a')
          await done
          took.push(performance.now() - from)
          await pause(5)
        }
        const median = took.toSorted((a, b) => a - b)[20] as number
        process.stdout.write(`      ${median.toFixed(1)} ms, half of 40\n`)
        assert.equal(runs.length, 40)
        assert.ok(median < 100)
        assert.equal(await api.isConnected?.(), true)
      } finally {
        await Promise.all([api, first, second, other].map((queue) => queue.stop()))
        await fresh.drop()
      }
    })
  },
  [onRedis, onPostgres],
)

describeOnStacks(
  'a queue whose tables are missing',
  (stack) => {
    it('is refused, with the way out, and made by the setup alone', async () => {
      const fresh = await stack.create()
      const url = fresh.queueUrl as string
      try {
        await assert.rejects(createBullmqQueue({ url, namespace: 'x' }), (error: IssuerError) => {
          assert.equal(error.code, 'QUEUE_UNAVAILABLE')
          assert.match(error.message, /npm run migrate/)
          assert.ok(!error.message.includes(url))
          return true
        })
        await Promise.all([migrateQueue(url), migrateQueue(url)])
        await (await createBullmqQueue({ url, namespace: 'x' })).stop()
      } finally {
        await fresh.drop()
      }
    })
  },
  [onPostgres],
)

describe(`a queue whose Redis fails${missing ? `: skipped, ${missing}` : ''}`, function () {
  if (missing && !process.env.CI) this.pending = true
  let redis: TestRedis
  let namespace: string
  const queues: Queue[] = []
  const ran = new EventEmitter()
  let runs = 0
  const job = { name: 'a', run: async () => Number(ran.emit('a', ++runs)) }

  const open = async (options: RunnerOptions = {}) => {
    const queue = await createBullmqQueue({ url: redis.url, namespace, intervalMs: never, ...options })
    queues.push(queue)
    return queue
  }
  /** Gives notice until it is followed. */
  const announced = async (queue: Queue) => {
    const followed = once(ran, 'a').then(() => true)
    do queue.notify('a')
    while (!(await Promise.race([followed, pause(100)])))
  }

  before(async () => {
    redis = await startRedis()
  })
  after(() => redis?.kill())
  beforeEach(() => {
    runs = 0
    namespace = randomBytes(6).toString('hex')
  })
  afterEach(async () => {
    redis.thaw()
    await Promise.all(queues.splice(0).map((queue) => queue.stop()))
  })

  it('takes announcements again after it was flushed', async () => {
    const [api, worker] = [await open(), await open()]
    await worker.start([job])
    await announced(api)
    await redis.flush()
    await announced(api)
  })

  it('takes no time and no memory while it is down, tells of it once, and goes on afterwards', async () => {
    const errors: string[] = []
    const [api, worker] = [await open({ onError: (_error, name) => errors.push(name) }), await open()]
    await worker.start([job])
    await announced(api)
    await redis.kill()
    const before = process.memoryUsage().heapUsed
    const from = performance.now()
    for (let n = 0; n < 100_000; n++) {
      api.notify('a')
      if (n % 1_000 === 0) await new Promise(setImmediate)
    }
    assert.ok(performance.now() - from < 1_000)
    assert.ok(process.memoryUsage().heapUsed - before < 20_000_000)
    assert.equal(await api.isConnected?.(), false)
    assert.deepEqual(errors, ['queue'])
    runs = 0
    const again = once(ran, 'a')
    await redis.start()
    await again
    await announced(api)
    assert.ok(runs < 20, `${runs} runs`)
    assert.equal(await api.isConnected?.(), true)
  })

  it('does not hold up a process that runs the jobs itself', async () => {
    const queue = await open()
    await queue.start([job])
    await announced(queue)
    await redis.kill()
    await announced(queue)
    const followed = once(ran, 'a')
    queue.notify('a')
    await followed
    await redis.start()
  })

  it('does not hold up announcements when it stands still', async () => {
    const queue = await open()
    await queue.start([job])
    await announced(queue)
    redis.freeze()
    const followed = once(ran, 'a')
    const from = performance.now()
    for (let n = 0; n < 10_000; n++) queue.notify('a')
    assert.ok(performance.now() - from < 500)
    await followed
    redis.thaw()
    await announced(queue)
  })

  it('may be down when a process starts, and when it stops', async () => {
    await redis.kill()
    const queue = await open({ intervalMs: 10 })
    const looked = once(ran, 'a')
    await queue.start([job])
    await looked
    const from = performance.now()
    await queue.stop()
    assert.ok(performance.now() - from < 4_000)
    const late = await open()
    await late.start([job])
    await redis.start()
    await announced(late)
  })
})
