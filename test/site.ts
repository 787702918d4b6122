import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { migrateStorage } from '../node/composition/storage.ts'
import { type Config, parseConfig } from '../node/config.ts'
import { main, type RunningNode } from '../node/main.ts'
import { type Database, openDatabase } from '../node/stores/database.ts'
import { freePort } from '../scripts/free-port.ts'
import { startChain, type TestChain } from './chain.ts'
import { type ChainProxy, startChainProxy } from './chain-proxy.ts'
import { bachelor, holderDid, makeIssuer, makeSchema } from './node/protocols/rest/scenario.ts'
import { adminApiKey, call, fundedPrivateKey } from './node.ts'
import { startProcess, type TestProcess } from './process.ts'
import { startRedis, type TestRedis } from './redis.ts'
import { type FreshDatabase, onRedis, type Stack } from './stacks.ts'

/** Two APIs and two workers on one database and chain; the first API lives in the process of the test. */
export interface Site {
  chain: TestChain
  /** Between the first worker and the chain. */
  proxy: ChainProxy
  /** Where work is announced, unless that is PostgreSQL. */
  redis: TestRedis | undefined
  fresh: FreshDatabase
  database: Database
  config: Config
  own: RunningNode
  api: TestProcess
  workers: TestProcess[]
  terms: { issuerDid: string; schemaId: string }
}

/** Opens a site; `environment` adds to the configuration of each process. */
export async function openSite(stack: Stack, environment: Record<string, string> = {}): Promise<Site> {
  const [chain, fresh] = [await startChain(), await stack.create()]
  const redis = stack === onRedis ? await startRedis() : undefined
  const proxy = await startChainProxy(chain.rpcUrl)
  const variables = {
    PUBLIC_URL: 'https://issuer.example',
    ADMIN_API_KEY: adminApiKey,
    RELAYER_PRIVATE_KEY: fundedPrivateKey,
    LOG_LEVEL: 'fatal',
    RATE_LIMIT: '1000000',
    ...fresh.environment,
    ...(redis && { QUEUE_URL: redis.url }),
    ...environment,
  }
  const config = parseConfig({ ...variables, PORT: String(await freePort()) })
  await migrateStorage(config)
  const own = await main({ config, chain, jobs: false })
  const start = (role: 'api' | 'worker', rpcUrl = chain.rpcUrl) =>
    startProcess(role, { chain: { ...chain, rpcUrl }, environment: variables })
  const started = await Promise.allSettled([start('api'), start('worker', proxy.url), start('worker')])
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = started.find((each) => each.status === 'rejected')
  if (failed) {
    // nothing may stay that keeps the run from ending
    await closeParts({ chain, proxy, redis, fresh, own }, running)
    throw failed.reason
  }
  const [api, ...workers] = running as [TestProcess, TestProcess, TestProcess]
  const node = { call: call.bind(undefined, own.url) }
  const issuerDid = await makeIssuer(node)
  const terms = { issuerDid, schemaId: await makeSchema(node, issuerDid) }
  const database = await openDatabase(fresh.location)
  return { chain, proxy, redis, fresh, database, config, own, api, workers, terms }
}

export async function closeSite(site: Site): Promise<void> {
  await site.database.destroy()
  await closeParts(site, [site.api, ...site.workers])
}

type Parts = Pick<Site, 'chain' | 'proxy' | 'redis' | 'fresh' | 'own'>

async function closeParts(
  { chain, proxy, redis, fresh, own }: Parts,
  processes: readonly TestProcess[],
): Promise<void> {
  await Promise.all(processes.map((process) => process.end('SIGKILL')))
  await own.close()
  await fresh.drop()
  await proxy.close()
  await redis?.kill()
  await chain.close()
}

/** Issues one credential, by one API or the other, and gives its id; any answer but 201 and 202 fails. */
export async function issueAt({ own, api, terms }: Site, n: number): Promise<string> {
  const body = { ...terms, holderDid, claims: bachelor, proofType: 'eddsa-jcs-2022' }
  const { url } = n % 2 ? api : own
  const answer = await call(url, 'POST', '/api/v1/credentials/issue', { body })
  assert.ok(answer.status === 201 || answer.status === 202, JSON.stringify(answer.body))
  return answer.body.credentialId
}

/** The worker that registers now: it holds the lease while its transaction is in flight. */
export async function registrar({ database, workers }: Site): Promise<TestProcess> {
  for (;;) {
    const lease = await database
      .selectFrom('leases')
      .select('holder')
      .where('name', '=', 'job anchor')
      .executeTakeFirst()
    const worker = workers.find(({ pid }) => lease?.holder.split(' ')[1] === String(pid))
    if (worker) return worker
    await pause(10)
  }
}
