import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { startWorker } from '../../node/worker.ts'
import type { RpcRequest } from '../chain-proxy.ts'
import { call } from '../node.ts'
import type { TestProcess } from '../process.ts'
import { registeredOnce } from '../registered-once.ts'
import { closeSite, issueAt, openSite, registrar, type Site } from '../site.ts'
import { describeOnStacks, onPostgres, onRedis } from '../stacks.ts'

const say = (text: string) => process.stdout.write(`      ${text}\n`)
const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(1)} s`
const many = (count: number, one: (n: number) => Promise<string>) =>
  Promise.all(Array.from({ length: count }, (_, n) => one(n)))

describeOnStacks(
  'two APIs and two workers on one database',
  (stack) => {
    let site: Site
    const issued: string[] = []

    before(async function () {
      this.timeout(180_000)
      site = await openSite(stack, { ANCHOR_WAIT_MS: '20000' })
    })
    after(() => site && closeSite(site))

    /** Mines again after `evm_setAutomine` was off. */
    const mineAgain = async () => {
      await site.chain.request('evm_setAutomine', [true])
      await site.chain.request('evm_mine')
    }

    it('issue side by side, each credential registered once', async () => {
      issued.push(...(await many(60, (n) => issueAt(site, n))))
      const { recorded, transactions } = await registeredOnce(site, issued)
      say(`${recorded} credentials in ${transactions} transactions`)
      assert.ok(transactions < recorded / 2)
    })

    if (stack === onRedis) itOnRedis(() => ({ site, issued, mineAgain }))

    it('go on within 10 s when the worker that registers is killed, under load', async () => {
      await site.chain.request('evm_setAutomine', [false])
      const issuing = many(20, (n) => issueAt(site, n))
      const victim = await registrar(site)
      await victim.end('SIGKILL')
      const from = performance.now()
      site.workers = site.workers.filter((worker) => worker !== victim)
      await mineAgain()
      issued.push(...(await issuing))
      await registeredOnce(site, issued)
      const took = performance.now() - from
      say(`taken over after ${seconds(took)}`)
      assert.ok(took < 10_000)
    }).timeout(60_000)

    it('end within 10 s when they are told to, with transactions in flight', async () => {
      await site.chain.request('evm_setAutomine', [false])
      const issuing = many(5, () => issueAt(site, 1))
      const worker = await registrar(site)
      // until each of them waits for the transaction
      while (
        (await site.database.selectFrom('credentials').select('credential_id').execute()).length <
        issued.length + 5
      )
        await pause(10)
      const from = performance.now()
      const codes = await Promise.all([site.api.end(), worker.end()])
      const took = performance.now() - from
      say(`both ended after ${seconds(took)}`)
      assert.deepEqual(codes, [0, 0])
      assert.ok(took < 10_000)
      // answered 202, not cut off
      issued.push(...(await issuing))
      await mineAgain()
      const { chain, config } = site
      const last = await startWorker({ config: { ...config, workerPort: undefined }, chain })
      await registeredOnce(site, issued)
      await last.close()
    }).timeout(60_000)
  },
  [onRedis, onPostgres],
)

/** What takes long, and is the same whatever carries the announcements. */
function itOnRedis(given: () => { site: Site; issued: string[]; mineAgain(): Promise<void> }): void {
  it('put ten credentials and more into a transaction, of 64 clients on a chain that mines every second', async () => {
    const { site, issued, mineAgain } = given()
    const { transactions: before } = await registeredOnce(site, issued)
    await site.chain.request('evm_setAutomine', [false])
    await site.chain.request('evm_setIntervalMining', [1_000])
    const took: number[] = []
    const until = performance.now() + 5_000
    await many(64, async (n) => {
      let id = ''
      while (performance.now() < until) {
        const from = performance.now()
        id = await issueAt(site, n)
        issued.push(id)
        took.push(performance.now() - from)
      }
      return id
    })
    await site.chain.request('evm_setIntervalMining', [0])
    await mineAgain()
    const { transactions } = await registeredOnce(site, issued)
    const each = took.length / (transactions - before)
    const p99 = took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? 0
    say(`${took.length} credentials, ${each.toFixed(1)} for each transaction, p99 ${seconds(p99)}`)
    assert.ok(each >= 10)
  }).timeout(60_000)

  it('register every credential once while Redis is flushed, killed, away, and back', async () => {
    const { site, issued } = given()
    const { redis } = site
    assert.ok(redis)
    let stopped = false
    const clients = many(4, async (n) => {
      while (!stopped) issued.push(await issueAt(site, n))
      return ''
    })
    const more = async (count: number) => {
      const from = performance.now()
      const wanted = issued.length + count
      while (issued.length < wanted) await Promise.race([pause(10), clients])
      return `${count} in ${seconds(performance.now() - from)}`
    }
    const before = await more(20)
    for (let n = 0; n < 3; n++) {
      await redis.flush()
      await more(5)
    }
    await redis.kill()
    const without = await more(12)
    const health = await call(site.api.url, 'GET', '/health/ready', { key: null })
    assert.deepEqual([health.status, health.body.dependencies.queue.status], [200, 'down'])
    await redis.start()
    await more(5)
    await redis.kill()
    await redis.start()
    await more(5)
    const after = await more(20)
    stopped = true
    await clients
    const { recorded } = await registeredOnce(site, issued)
    assert.equal(recorded, issued.length)
    say(`${recorded} credentials; ${before}, without Redis ${without}, with it again ${after}`)
  }).timeout(60_000)

  it('do no harm by a worker that stands still while it registers, loses its lease, and goes on', async () => {
    const { site, issued } = given()
    const [stalled, other] = site.workers as [TestProcess, TestProcess]
    const kept = Promise.withResolvers<void>()
    const isBroadcast = ({ method }: RpcRequest) => method === 'eth_sendRawTransaction'
    site.proxy.behave((requests) => {
      if (!requests.some(isBroadcast)) return 'pass'
      kept.resolve()
      return { stall: 7_000 }
    })
    // so that the one behind the proxy registers
    other.signal('SIGSTOP')
    const issuing = many(2, (n) => issueAt(site, n))
    await kept.promise
    stalled.signal('SIGSTOP')
    other.signal('SIGCONT')
    const from = performance.now()
    issued.push(...(await issuing), await issueAt(site, 0))
    await registeredOnce(site, issued)
    const took = performance.now() - from
    say(`taken over after ${seconds(took)}`)
    assert.ok(took < 10_000)
    // its transaction arrives late, and it goes on itself, not knowing that another one was at work
    await pause(Math.max(0, 7_200 - took))
    site.proxy.behave(() => 'pass')
    stalled.signal('SIGCONT')
    issued.push(...(await many(10, (n) => issueAt(site, n))))
    const { recorded } = await registeredOnce(site, issued)
    assert.equal(recorded, issued.length)
    say(`${recorded} credentials, each registered once`)
  }).timeout(60_000)
}
