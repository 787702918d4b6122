import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { IssuerError } from '../../../node/errors.ts'
import { createBullmqQueue, migrateQueue } from '../../../node/jobs/bullmq.ts'
import { createInProcessQueue } from '../../../node/jobs/in-process.ts'
import type { RunnerOptions } from '../../../node/jobs/job-runner.ts'
import type { Leases } from '../../../node/jobs/lease.ts'
import type { Queue } from '../../../node/jobs/queue.ts'
import { describeOnStacks, type FreshDatabase, nodeStacks } from '../../stacks.ts'

const never = 1_000_000

describeOnStacks(
  'a queue',
  (stack) => {
    let fresh: FreshDatabase
    let namespace: string
    let queues: Queue[]
    const ran = new EventEmitter()

    const open = async (options: RunnerOptions): Promise<Queue> => {
      const { queueUrl: url } = fresh
      const queue = url
        ? await createBullmqQueue({ url, namespace, ...options })
        : createInProcessQueue(options)
      queues.push(queue)
      return queue
    }

    before(async () => {
      fresh = await stack.create()
      if (fresh.queueUrl) await migrateQueue(fresh.queueUrl)
    })
    after(() => fresh?.drop())
    beforeEach(() => {
      namespace = randomBytes(6).toString('hex')
      queues = []
    })
    afterEach(() => Promise.all(queues.map((queue) => queue.stop())))

    it('runs a job on notice, also one given before the start', async () => {
      const queue = await open({ intervalMs: never })
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
      const queue = await open({ intervalMs: 1 })
      const first = once(ran, 'b')
      await queue.start([{ name: 'b', run: async () => Number(ran.emit('b')) }])
      await first
    })

    it('never runs a job twice at a time, and again when notified meanwhile', async () => {
      const queue = await open({ intervalMs: never })
      let active = 0
      let runs = 0
      const done = once(ran, 'done')
      const run = async () => {
        assert.equal(++active, 1)
        if (++runs === 1) for (let i = 0; i < 3; i++) queue.notify('c')
        // as long as announcements are on their way
        await pause(runs === 1 ? 50 : 0)
        active--
        if (runs === 2) ran.emit('done')
        return 1
      }
      await queue.start([{ name: 'c', run }])
      queue.notify('c')
      await done
      assert.ok(runs <= 3, String(runs))
    })

    it('tries again exactly what is retryable', async () => {
      const failures: string[] = []
      const queue = await open({
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
      const queue = await open({ intervalMs: never })
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

    it('runs an exclusive job when the process that has its lease has ended, without another notice', async () => {
      let free = false
      const asked: string[] = []
      const leases: Leases = {
        hold: async (name, work) => {
          asked.push(name)
          return free ? { result: await work() } : undefined
        },
      }
      const queue = await open({ intervalMs: never, leases })
      const first = once(ran, 'e')
      await queue.start([{ name: 'e', exclusive: true, run: async () => Number(ran.emit('e')) }])
      queue.notify('e')
      while (asked.length < 3) await pause(5)
      free = true
      await first
      assert.deepEqual(new Set(asked), new Set(['job e']))
    })

    it('does its work on behalf of the node, whoever gave notice', async () => {
      const { onBehalfOf, requestContext } = await import('../../../node/request-context.ts')
      const queue = await open({ intervalMs: never })
      const ranAs = once(ran, 'f')
      await queue.start([{ name: 'f', run: async () => Number(ran.emit('f', requestContext().actor)) }])
      onBehalfOf({ requestId: 'r', tenantId: 't', actor: 'somebody' }, () => queue.notify('f'))
      assert.deepEqual(await ranAs, ['node'])
    })
  },
  nodeStacks,
)
