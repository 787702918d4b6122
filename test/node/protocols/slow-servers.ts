import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { migrateStorage } from '../../../node/composition/storage.ts'
import { parseConfig } from '../../../node/config.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { startFlags } from '../../../scripts/start-flags.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type Answer, fundedPrivateKey } from '../../node.ts'
import { startProcess, type TestProcess } from '../../process.ts'
import { memoryOf } from '../../process-memory.ts'
import { startRedis, type TestRedis } from '../../redis.ts'
import { registeredOnce } from '../../registered-once.ts'
import { describeOnStacks, type FreshDatabase, onRedis } from '../../stacks.ts'
import { startTcpProxy, type TcpProxy } from '../../tcp-proxy.ts'
import { at, bachelor, holderDid, makeIssuer, makeSchema } from './rest/scenario.ts'

const rows = 500
const limitMb = 512
/** For how long it stands still at least; in any case until that was noticed. */
const stallMs = Number(process.env.SOAK_STALL_MS ?? 0)
const say = (text: string) => process.stdout.write(`      ${text}\n`)

/** Clients that issue for as long as they are let. */
interface Load {
  acknowledged: string[]
  /** How often each code came, of which a client may ask again. */
  refused: Map<string, number>
  stop(): Promise<void>
}

describeOnStacks(
  'an API and a worker whose servers are slow, and stand still, under load',
  (stack) => {
    let chain: TestChain
    let fresh: FreshDatabase
    let redis: TestRedis
    const proxies: { database?: TcpProxy; queue?: TcpProxy } = {}
    let database: Database
    let api: TestProcess
    let worker: TestProcess
    /** Of a client. */
    let failure: Error | undefined
    let terms: { issuerDid: string; schemaId: string; proofType: string }

    before(async () => {
      chain = await startChain()
      fresh = await stack.create()
      redis = await startRedis()
      const through = async (address: string) => {
        const url = new URL(address)
        const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port || 5432) })
        url.host = `127.0.0.1:${proxy.port}`
        return { proxy, url: url.href }
      }
      const servers = [
        await through(fresh.environment.DATABASE_URL as string),
        await through(redis.url),
      ] as const
      proxies.database = servers[0].proxy
      proxies.queue = servers[1].proxy
      const environment = {
        ...fresh.environment,
        ...{ DATABASE_URL: servers[0].url, QUEUE_URL: servers[1].url, ANCHOR_WAIT_MS: '1000' },
        LOG_LEVEL: 'silent',
      }
      const keys = { RELAYER_PRIVATE_KEY: fundedPrivateKey, PUBLIC_URL: 'https://issuer.example' }
      await migrateStorage(parseConfig({ ...environment, ...keys }))
      const start = (role: 'api' | 'worker') =>
        startProcess(role, { chain, environment, flags: startFlags(role) })
      api = await start('api')
      worker = await start('worker')
      database = await openDatabase(fresh.location)
      const issuerDid = await makeIssuer(api)
      terms = { issuerDid, schemaId: await makeSchema(api, issuerDid), proofType: 'eddsa-jcs-2022' }
    })

    after(async () => {
      await api?.end('SIGKILL')
      await worker?.end('SIGKILL')
      await database?.destroy()
      await proxies.database?.close()
      await proxies.queue?.close()
      await redis?.kill()
      await fresh?.drop()
      await chain?.close()
    })

    /** Some clients issue one by one, the others in batches; every answer but success is one to ask again. */
    function press({ singles, batches }: { singles: number; batches: number }): Load {
      let pressing = true
      failure = undefined
      const load: Load = { acknowledged: [], refused: new Map(), stop: async () => {} }
      const subject = { holderDid, claims: bachelor }
      const single = { ...terms, ...subject }
      const batch = JSON.stringify({ ...terms, credentials: Array.from({ length: rows }, () => subject) })
      const client = async (send: () => Promise<Answer>) => {
        while (pressing) {
          const { status, headers, body } = await send()
          if (status < 300) {
            const issued: { credentialId: string }[] = body.results ?? [body]
            load.acknowledged.push(...issued.map(({ credentialId }) => credentialId))
            continue
          }
          assert.ok(status === 503 || status === 429, `${status} ${JSON.stringify(body)}`)
          assert.ok(Number(headers.get('retry-after')) > 0)
          assert.equal(body.retryable, true)
          load.refused.set(body.code, (load.refused.get(body.code) ?? 0) + 1)
          await delay(50)
        }
      }
      const issueOne = () => api.call('POST', at('credentials', 'issue'), { body: single })
      const issueMany = () => api.call('POST', at('credentials', 'issue', 'batch'), { body: batch })
      const clients = Promise.all([
        ...Array.from({ length: singles }, () => client(issueOne)),
        ...Array.from({ length: batches }, () => client(issueMany)),
      ])
      clients.catch((error) => {
        failure = error
      })
      load.stop = async () => {
        pressing = false
        await clients
      }
      return load
    }

    async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
      while (!(await isSo())) {
        if (failure) throw failure
        await delay(50)
      }
    }

    const health = async () => {
      const { status, body } = await api.call('GET', '/health/ready', { key: null })
      return { status, ...body.dependencies }
    }

    function checkMemory(load: Load): void {
      const peaks = [memoryOf(api.pid, 'VmHWM'), memoryOf(worker.pid, 'VmHWM')] as const
      const refused = [...load.refused].map(([code, times]) => `${times} ${code}`).join(', ') || 'nothing'
      const peak = `peaks ${peaks[0]} MB (API), ${peaks[1]} MB (worker)`
      say(`${load.acknowledged.length} acknowledged and registered, refused: ${refused}; ${peak}`)
      assert.ok(Math.max(...peaks) < limitMb, peak)
    }

    it('PostgreSQL: answers 503 with Retry-After within its memory, loses nothing and goes on by itself', async () => {
      const [{ database: proxy }, load] = [proxies, press({ singles: 24, batches: 24 })]
      proxy?.slow(5)
      await until(() => load.acknowledged.length >= 24)
      proxy?.stall()
      const began = performance.now()
      await until(() => (load.refused.get('DATABASE_UNAVAILABLE') ?? 0) >= 24)
      await until(() => performance.now() - began > stallMs)
      assert.equal((await api.call('GET', '/health/live', { key: null })).status, 200)
      proxy?.mend()
      const before = load.acknowledged.length
      await until(() => load.acknowledged.length > before)
      await load.stop()
      assert.ok((load.refused.get('NODE_BUSY') ?? 0) > 0)
      await registeredOnce({ chain, database }, load.acknowledged)
      checkMemory(load)
    }).timeout(180_000 + stallMs)

    it('Redis: everything is answered and registered meanwhile', async () => {
      const [{ queue: proxy }, load] = [proxies, press({ singles: 8, batches: 1 })]
      proxy?.slow(200)
      await until(() => load.acknowledged.length > rows)
      proxy?.stall()
      const began = performance.now()
      await until(async () => (await health()).queue.status === 'down')
      assert.equal((await health()).status, 200)
      const before = load.acknowledged.length
      await until(() => load.acknowledged.length > before + rows)
      await until(() => performance.now() - began > stallMs)
      await load.stop()
      assert.equal(load.refused.size, 0)
      await registeredOnce({ chain, database }, load.acknowledged)
      assert.equal((await health()).queue.status, 'down')
      proxy?.mend()
      await until(async () => (await health()).queue.status === 'up')
      checkMemory(load)
    }).timeout(180_000 + stallMs)
  },
  [onRedis],
)
