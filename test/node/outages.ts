import assert from 'node:assert/strict'
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { migrateStorage } from '../../node/composition/storage.ts'
import { parseConfig } from '../../node/config.ts'
import { type Database, openDatabase } from '../../node/stores/database.ts'
import { type RunningWorker, startWorker } from '../../node/worker.ts'
import { bulkPath, everyRowOnce, order } from '../bulk-client.ts'
import { startChain, type TestChain } from '../chain.ts'
import { type Answer, adminApiKey, freePort, fundedPrivateKey, startNode, type TestNode } from '../node.ts'
import { startPostgres, type TestPostgres, whyNoPostgresServer, whyNoSmallDisk } from '../postgres-server.ts'
import { startRedis, type TestRedis, whyNoRedis } from '../redis.ts'
import { registeredOnce } from '../registered-once.ts'
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts'
import {
  at,
  bachelor,
  expect,
  expectProblem,
  holderDid,
  makeIssuer,
  makeSchema,
} from './protocols/rest/scenario.ts'

const missing = (await whyNoPostgresServer()) ?? (await whyNoRedis())
const noSmallDisk = await whyNoSmallDisk()
/** So much stays free when the disk is filled: some dozens of credentials. */
const room = 500_000
const say = (text: string) => process.stdout.write(`      ${text}\n`)
const seconds = (from: number) => `${((performance.now() - from) / 1_000).toFixed(1)} s`

/** An API and a worker on one database, and that database past whatever is done to them. */
interface Site {
  chain: TestChain
  api: TestNode
  worker: RunningWorker
  database: Database
  terms: { issuerDid: string; schemaId: string; proofType: string }
  close(): Promise<void>
}

describe(`a node whose servers fail${missing ? `: skipped, ${missing}` : ''}`, function () {
  if (missing && !process.env.CI) this.pending = true
  let chain: TestChain
  let postgres: TestPostgres
  let proxy: TcpProxy

  before(async () => {
    chain = await startChain()
    postgres = await startPostgres(noSmallDisk ? {} : { megabytes: 128 })
    proxy = await startTcpProxy({ host: '127.0.0.1', port: postgres.port })
  })
  after(async () => {
    await proxy?.close()
    await postgres?.remove()
    await chain?.close()
  })

  /** On a database of that name, through the proxy; `queueUrl` is given its address. */
  async function openSite(name: string, queueUrl: (databaseUrl: string) => string): Promise<Site> {
    const admin = new pg.Client({ connectionString: postgres.url })
    await admin.connect()
    await admin.query(`create database ${name} template template0`)
    await admin.end()
    const direct = postgres.url.replace(/postgres$/, name)
    const databaseUrl = direct.replace(`:${postgres.port}/`, `:${proxy.port}/`)
    const dataDir = await mkdtemp(join(tmpdir(), 'cartulary-'))
    const environment = {
      ...{ DATA_DIR: dataDir, DATABASE_URL: databaseUrl, QUEUE_URL: queueUrl(databaseUrl) },
      ...{ PUBLIC_URL: 'https://issuer.example', LOG_LEVEL: 'silent' },
      ...{ BULK_CHUNK_ROWS: '100', BULK_TAKEOVER_MS: '1000', ANCHOR_WAIT_MS: '500' },
    }
    const keys = { ADMIN_API_KEY: adminApiKey, RELAYER_PRIVATE_KEY: fundedPrivateKey }
    const config = parseConfig({ ...environment, ...keys, PORT: String(await freePort()) })
    await migrateStorage(config)
    const api = await startNode({ chain, environment, dataDir, jobs: false })
    const worker = await startWorker({ config, chain })
    const issuerDid = await makeIssuer(api)
    const schemaId = await makeSchema(api, issuerDid)
    const database = await openDatabase({ url: direct, connections: 1 })
    return {
      ...{ chain, api, worker, database },
      terms: { issuerDid, schemaId, proofType: 'eddsa-jcs-2022' },
      close: async () => {
        await database.destroy()
        await Promise.all([api.close(), worker.close()])
        await rm(dataDir, { recursive: true })
      },
    }
  }

  const namesOf = (title: string, count: number) => Array.from({ length: count }, (_, n) => `${title} ${n}`)
  /** Orders one credential for each name, and gives the id of the job. */
  async function send({ api, terms }: Site, names: readonly string[]): Promise<string> {
    const lines = names.map((name) => `${holderDid},BachelorDegree,${name}`)
    const text = ['holderDid,degree.type,degree.name', ...lines].join('\n')
    return expect(202, await order(api, { query: terms, rows: text })).body.id
  }
  /** Asks for a job until it is so; while the database is away there is nothing to see. */
  async function until({ api }: Site, id: string, isSo: (job: Answer['body']) => boolean) {
    for (;;) {
      const { status, body } = await api.call('GET', `${bulkPath}/${id}`)
      if (status === 200 && isSo(body)) return body
      assert.ok(status === 200 || body.retryable, JSON.stringify(body))
      assert.notEqual(body.state, 'failed', JSON.stringify(body))
      await pause(20)
    }
  }
  const isDone = ({ state }: { state: string }) => state === 'done'
  const health = async ({ api }: Site) => {
    const { status, body } = await api.call('GET', '/health/ready', { key: null })
    return { status, ...body.dependencies }
  }

  describe('Redis', () => {
    let redis: TestRedis
    let site: Site
    before(async () => {
      redis = await startRedis()
      site = await openSite('on_redis', () => redis.url)
    })
    after(async () => {
      await site?.close()
      await redis?.kill()
    })

    it('dies in the middle of a bulk job with all it knew, and comes back: every row is issued once', async () => {
      const names = namesOf('redis', 2_000)
      const id = await send(site, names)
      await until(site, id, ({ n }) => n >= 300)
      await redis.kill()
      const from = performance.now()
      const { n } = await until(site, id, (job) => job.n >= 600)
      assert.ok(n < names.length, 'it was over before Redis was away')
      assert.deepEqual([(await health(site)).status, (await health(site)).queue.status], [200, 'down'])
      // one that nobody can be told of
      const others = namesOf('redis other', 300)
      const other = await send(site, others)
      await until(site, other, (job) => job.n > 0)
      const away = seconds(from)
      await redis.start()
      const jobs = [await until(site, id, isDone), await until(site, other, isDone)] as const
      const issued = [
        ...(await everyRowOnce(site.api, jobs[0], names)),
        ...(await everyRowOnce(site.api, jobs[1], others)),
      ]
      const { recorded } = await registeredOnce(site, issued)
      assert.equal(recorded, issued.length)
      say(`${recorded} rows issued once; Redis was away for ${away}`)
    })
  })

  describe('PostgreSQL, with the queue on it', () => {
    let site: Site
    before(async () => {
      site = await openSite('on_postgres', (databaseUrl) => databaseUrl)
    })
    after(() => site?.close())

    const issue = () => {
      const body = { ...site.terms, holderDid, claims: bachelor }
      return site.api.call('POST', at('credentials', 'issue'), { body })
    }
    const unavailable = (answer: Answer) => {
      const { headers, body } = expectProblem(503, 'DATABASE_UNAVAILABLE', answer)
      assert.ok(Number(headers.get('retry-after')) > 0)
      assert.equal(body.retryable, true)
      return answer
    }
    /** Asks as a client does, which was told that it may ask again; gives the id of the credential. */
    const issued = async (): Promise<string> => {
      for (;;) {
        const answer = await issue()
        if (answer.status < 300) return answer.body.credentialId
        unavailable(answer)
        await pause(50)
      }
    }

    it('loses answers to commits and dies in the middle of a bulk job: every row is issued once', async () => {
      const answersLost = loseCommits(proxy, 2)
      const names = namesOf('postgres', 2_000)
      const id = await send(site, names)
      await until(site, id, ({ n }) => n >= 600)
      await postgres.kill()
      const from = performance.now()
      unavailable(await issue())
      unavailable(await site.api.call('GET', `${bulkPath}/${id}`))
      expect(200, await site.api.call('GET', '/health/live', { key: null }))
      const { status, chain: ledger, database } = await health(site)
      assert.deepEqual([status, ledger.status, database.status], [503, 'up', 'down'])
      await pause(1_000)
      const away = seconds(from)
      await postgres.start()
      const back = performance.now()
      while ((await health(site)).status !== 200) await pause(50)
      const one = await issued()
      const job = await until(site, id, isDone)
      const ids = await everyRowOnce(site.api, job, names)
      const { recorded } = await registeredOnce(site, [...ids, one])
      assert.equal(recorded, names.length + 1)
      assert.equal(answersLost(), 2)
      say(
        `${names.length} rows issued once; PostgreSQL was away for ${away}, the job done ${seconds(back)} later`,
      )
    })

    const whole = noSmallDisk ? `: skipped, ${noSmallDisk}` : ''
    it(`has no room, and dies of it: what was acknowledged is there${whole}`, async function () {
      if (noSmallDisk) this.skip()
      const acknowledged: string[] = []
      const refusals = new Set<string>()
      const attempt = async () => {
        const answer = await issue()
        if (answer.status < 300) acknowledged.push(answer.body.credentialId)
        else refusals.add(unavailable(answer).body.detail)
      }
      await attempt()
      // there may be no room for a further connection
      const admin = new pg.Client({ connectionString: postgres.url })
      admin.on('error', () => {})
      await admin.connect()
      const ballast = join(postgres.folder, 'ballast')
      const { bavail, bsize } = await statfs(postgres.folder)
      await writeFile(ballast, Buffer.alloc(bavail * bsize - room))
      while (!refusals.has('The disk of the database server is full.'))
        await Promise.all([attempt(), attempt(), attempt(), attempt()])
      // what is there can be read
      expect(200, await site.api.call('GET', at('credentials', acknowledged[0] as string)))
      await useUpLog(admin)
      await attempt()
      await rm(ballast)
      // the server has ended, or does so when it finds no room to recover: whoever watches over it starts it again
      await postgres.kill()
      await postgres.start()
      while ((await health(site)).status !== 200) await pause(50)
      acknowledged.push(await issued())
      const known = (await registeredOnce(site, acknowledged)).recorded
      say(
        `${acknowledged.length} acknowledged around a full disk, 0 lost; ${known} recorded and registered in all`,
      )
    })
  })
})

/** Loses the answers to so many commits by which chunks are recorded or settled; gives how many it has lost. */
function loseCommits(proxy: TcpProxy, most: number): () => number {
  const recording = new WeakSet<object>()
  let lost = 0
  proxy.loseAnswers((connection, asked) => {
    if (/update "bulk_chunks" set "state"/.test(asked)) recording.add(connection)
    if (!/commit/.test(asked) || !recording.delete(connection) || lost === most) return false
    lost++
    return true
  })
  return () => lost
}

/** Writes log until the server finds no room for more and ends. */
async function useUpLog(admin: pg.Client): Promise<void> {
  const written = () =>
    admin.query("select pg_switch_wal(), pg_logical_emit_message(false, '', 'x')").then(
      () => true,
      () => false,
    )
  while (await written());
  await admin.end().catch(() => {})
}
