import assert from 'node:assert/strict'
import type { Hex } from 'viem'
import { bodyOf, type NodeClient, nodeClient } from '../node-client.ts'
import { measureBulk } from './bulk.ts'
import { fillDatabase } from './fill-database.ts'
import { rawSigningRate } from './libraries.ts'
import { batches, type Order, single } from './load.ts'
import { type NodeProcess, openNodeProcess } from './open-node-process.ts'
import { makeOwnDatabase } from './own-database.ts'

// What a node does as a whole, as ratios of one run.

/** How much is measured. */
export interface ScaleCounts {
  batches: number
  single: number
  stored: number
  revoked: number
  bulk: number
}

interface Line {
  what: string
  target: string
  measured: string
  limit: string
}

/** Batches sent side by side: one is signed while the transaction of another is mined. */
const IN_FLIGHT = 5
const BATCH = 1_000
/** Batches before those that are measured. */
const WARM_UP = 12
/** Parts in which batches are measured. */
const PARTS = 5
/** Raw signatures before each part. */
const RAW_SIGNATURES = 20_000

const whole = (value: number) => Math.round(value).toLocaleString('en-US')
const percent = (part: number, of: number) => `${((100 * part) / of).toFixed(0)} %`
const JCS = 'eddsa-jcs-2022'
const redisUrl = 'redis://127.0.0.1:6379'

/** Measures each row, with a node of its own where it needs one. */
export async function scaleTable(counts: ScaleCounts, progress: (text: string) => void): Promise<string> {
  const lines: Line[] = []
  const add = (...more: readonly Line[]) => {
    lines.push(...more)
    for (const { what, measured } of more) progress(`  ${what}: ${measured}`)
  }
  progress('Batches on SQLite …')
  const { lines: sqlite, jcs } = await withNode({}, (child) => sqliteLines(child, counts))
  add(...sqlite)
  progress('Batches on PostgreSQL …')
  add(...(await postgresLines(counts, jcs)))
  progress('Single issues on a chain that mines every second …')
  add(await withNode({}, (child) => singleLine(child, counts)))
  progress(`Batches, look-ups and revocations beside ${whole(counts.stored)} credentials …`)
  add(...(await withNode({}, (child) => storedLines(child, counts))))
  progress(`Revoking ${whole(counts.revoked)} credentials …`)
  add(await withNode({}, (child) => revocationLine(child, counts)))
  progress(`A file of ${whole(counts.bulk)} rows …`)
  add(await withNode({}, (child) => bulkLine(child, counts)))
  return describe(lines)
}

function describe(lines: readonly Line[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    row(['the whole node', 'target', 'measured', 'limited by']),
    row(['---', '---', '---', '---']),
    ...lines.map(({ what, target, measured, limit }) => row([what, target, measured, limit])),
  ].join('\n')
}

async function withNode<T>(
  variables: Readonly<Record<string, string>>,
  measure: (child: NodeProcess) => Promise<T>,
): Promise<T> {
  const child = await openNodeProcess(variables)
  try {
    return await measure(child)
  } finally {
    await child.close()
  }
}

async function prepare(child: NodeProcess, proofType = 'eddsa-jcs-2022') {
  const node = nodeClient({ url: child.url, apiKey: child.adminApiKey })
  const { did: issuerDid } = bodyOf(await node.post('/dids', { method: 'ethr', keys: ['Ed25519'] }), 201)
  const { did: holderDid } = bodyOf(await node.post('/dids', { method: 'key', keys: ['Ed25519'] }), 201)
  const order: Order = { issuerDid, holderDid, schemaId: 'education-degree-v1', proofType }
  return { node, order }
}

/** Batches of 1,000, some of them side by side; milliseconds. */
async function timeOfBatches(node: NodeClient, order: Order, count: number): Promise<number> {
  const started = performance.now()
  await Promise.all(Array.from({ length: IN_FLIGHT }, () => batches(node, order, { count, size: BATCH })))
  return performance.now() - started
}

/** The same once the engine has compiled what they need, as credentials a second. */
async function batchRate(
  node: NodeClient,
  order: Order,
  { count, warmUp }: { count: number; warmUp: number },
): Promise<number> {
  await batches(node, order, { count: warmUp, size: BATCH })
  const each = Math.ceil(count / IN_FLIGHT)
  return (each * IN_FLIGHT * BATCH * 1_000) / (await timeOfBatches(node, order, each))
}

interface BatchRate {
  rate: number
  /** Raw signatures a second in the same minutes. */
  raw: number
}

/**
 * Batches in several parts, with raw signatures before each: what a core does in a second changes by a third within
 * minutes on a machine that others use, too.
 */
async function batchRateToRaw(child: NodeProcess, proofType: string, count: number): Promise<BatchRate> {
  const { node, order } = await prepare(child, proofType)
  await batches(node, order, { count: WARM_UP, size: BATCH })
  const each = Math.ceil(count / PARTS / IN_FLIGHT)
  let raw = 0
  let milliseconds = 0
  for (let part = 0; part < PARTS; part++) {
    raw += rawSigningRate('Ed25519', RAW_SIGNATURES) ?? 0
    milliseconds += await timeOfBatches(node, order, each)
  }
  return { raw: raw / PARTS, rate: (each * IN_FLIGHT * PARTS * BATCH * 1_000) / milliseconds }
}

async function sqliteLines(
  child: NodeProcess,
  counts: ScaleCounts,
): Promise<{ lines: Line[]; jcs: BatchRate }> {
  const rates: (BatchRate & { proofType: string })[] = []
  for (const proofType of [JCS, 'vc+jwt', 'JwtProof2020'])
    rates.push({ proofType, ...(await batchRateToRaw(child, proofType, counts.batches)) })
  const lines = rates.map(({ proofType, rate, raw }) => ({
    what: `batches of 1,000, \`${proofType}\`, ${IN_FLIGHT} side by side, SQLite`,
    target: '≥ 30 % of raw Ed25519',
    measured: `${whole(rate)}/s of ${whole(raw)}/s: ${percent(rate, raw)}`,
    limit: 'the event loop: checks, JSON, SQLite; signatures and garbage collection have the other core',
  }))
  return { lines, jcs: rates[0] as BatchRate }
}

async function postgresLines(counts: ScaleCounts, sqlite: BatchRate): Promise<Line[]> {
  const lines: Line[] = []
  for (const [queue, queueUrl] of [
    ['Redis', () => redisUrl],
    ['PostgreSQL', (url: string) => url],
  ] as const) {
    const database = await makeOwnDatabase()
    const what = `the same, \`${JCS}\`, PostgreSQL and BullMQ on ${queue}`
    const target = '≥ 70 % of SQLite'
    if (!database) {
      lines.push({ what, target, measured: 'no server answers', limit: '–' })
      continue
    }
    const variables = { DATABASE_URL: database.url, QUEUE_URL: queueUrl(database.url) }
    try {
      const { rate, raw } = await withNode(variables, (child) => batchRateToRaw(child, JCS, counts.batches))
      const share = percent(rate / raw, sqlite.rate / sqlite.raw)
      const measured = `${whole(rate)}/s: ${percent(rate, sqlite.rate)} (of ${whole(raw)}/s raw; ${share} by the shares of raw)`
      lines.push({ what, target, measured, limit: 'the database server, which shares the two cores' })
    } finally {
      await database.drop()
    }
  }
  return lines
}

/** The result of a JSON-RPC call to the chain. */
async function rpc<T = unknown>(child: NodeProcess, method: string, params: readonly unknown[]): Promise<T> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(child.rpcUrl, { method: 'POST', headers, body })
  const { result, error } = (await response.json()) as { result: T; error?: unknown }
  assert.equal(error, undefined)
  return result
}

async function singleLine(child: NodeProcess, counts: ScaleCounts): Promise<Line> {
  const { node, order } = await prepare(child)
  await single(node, order, { count: 64, concurrency: 64 })
  await rpc(child, 'evm_setAutomine', [false])
  await rpc(child, 'evm_setIntervalMining', [1_000])
  const latencies: number[] = []
  const timed: NodeClient = {
    ...node,
    post: async (path, body) => {
      const started = performance.now()
      const answer = await node.post(path, body)
      latencies.push(performance.now() - started)
      return answer
    },
  }
  const { transactions } = await single(timed, order, { count: counts.single, concurrency: 64 })
  latencies.sort((a, b) => a - b)
  const at = (share: number) =>
    ((latencies[Math.ceil(share * latencies.length) - 1] as number) / 1_000).toFixed(1)
  const shared = transactions.length / new Set<Hex>(transactions).size
  return {
    what: 'single issues, 64 at a time, a block every second',
    target: '≥ 10 credentials a transaction, p99 ≤ 3.1 s',
    measured: `${shared.toFixed(1)} a transaction, p50 ${at(0.5)} s, p99 ${at(0.99)} s`,
    limit: 'the block time',
  }
}

/** Medians, in milliseconds. */
interface Times {
  rate: number
  read: number
  page: number
  revoke: number
}

async function timesOf(node: NodeClient, order: Order, counts: ScaleCounts): Promise<Times> {
  const rate = await batchRate(node, order, { count: counts.batches, warmUp: 2 })
  const { holderDid, ...terms } = order
  const subject = { holderDid, claims: { degree: degree() } }
  const body = { ...terms, credentials: Array.from({ length: 60 }, () => subject) }
  const { results } = bodyOf(await node.post('/credentials/issue/batch', body), 200)
  const ids: string[] = results.map(({ credentialId }: { credentialId: string }) => credentialId)
  const time = async (act: (id: string) => Promise<unknown>) => {
    const times: number[] = []
    for (const id of ids) {
      const started = performance.now()
      await act(id)
      times.push(performance.now() - started)
    }
    return times.sort((a, b) => a - b)[ids.length >> 1] as number
  }
  const page = `/credentials?issuerDid=${encodeURIComponent(order.issuerDid)}&limit=50`
  return {
    rate,
    read: await time(async (id) => bodyOf(await node.get(`/credentials/${encodeURIComponent(id)}`), 200)),
    page: await time(async () => bodyOf(await node.get(page), 200)),
    revoke: await time(async (credentialId) =>
      bodyOf(await node.post('/credentials/revoke', { credentialId }), 200),
    ),
  }
}

const degree = () => ({
  type: 'BachelorDegree',
  name: 'Bachelor',
  university: 'Bench University',
  graduationYear: 2025,
})

async function storedLines(child: NodeProcess, counts: ScaleCounts): Promise<Line[]> {
  const { node, order } = await prepare(child)
  await batches(node, order, { count: 10, size: BATCH })
  const few = await timesOf(node, order, counts)
  await fillDatabase(child.dataDir, counts.stored)
  // the node has closed the connections that were idle meanwhile
  await Promise.allSettled(Array.from({ length: 16 }, () => node.get('/network')))
  const many = await timesOf(node, order, counts)
  const ms = (name: 'read' | 'page' | 'revoke') =>
    `${few[name].toFixed(1)} → ${many[name].toFixed(1)} ms (${(many[name] / few[name]).toFixed(2)} times)`
  const beside = `beside ${whole(counts.stored)} stored credentials, against 10,000`
  return [
    {
      what: `batches of 1,000 ${beside}`,
      target: '≥ 90 % of the rate',
      measured: `${whole(few.rate)} → ${whole(many.rate)}/s: ${percent(many.rate, few.rate)}`,
      limit: 'as batches',
    },
    {
      what: `look-up by id; a page by issuer; revocation ${beside}`,
      target: '≤ 1.5 times the time',
      measured: `${ms('read')}; ${ms('page')}; ${ms('revoke')}`,
      limit: 'HTTP; the transaction',
    },
  ]
}

async function revocationLine(child: NodeProcess, counts: ScaleCounts): Promise<Line> {
  const { node, order } = await prepare(child)
  const { holderDid, ...terms } = order
  const credentials = Array.from({ length: counts.revoked }, () => ({
    holderDid,
    claims: { degree: degree() },
  }))
  const { results } = bodyOf(await node.post('/credentials/issue/batch', { ...terms, credentials }), 200)
  const credentialIds: string[] = results.map(({ credentialId }: { credentialId: string }) => credentialId)
  const started = performance.now()
  const answer = bodyOf(await node.post('/credentials/revoke', { credentialIds }), 200)
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  const gas = await gasOf(child, answer.transactionHashes)
  return {
    what: `revoking ${whole(counts.revoked)} credentials in one call`,
    target: 'transactions of ≤ 8,000,000 gas',
    measured: `${answer.transactionHashes.length} transactions, at most ${whole(gas)} gas each, ${seconds} s`,
    limit: 'gas: a word of the list written for the first time',
  }
}

/** The most that one of the transactions used. */
async function gasOf(child: NodeProcess, hashes: readonly Hex[]): Promise<number> {
  const used = hashes.map(async (hash) => {
    const { gasUsed } = await rpc<{ gasUsed: Hex }>(child, 'eth_getTransactionReceipt', [hash])
    return Number(gasUsed)
  })
  return Math.max(...(await Promise.all(used)))
}

async function bulkLine(child: NodeProcess, counts: ScaleCounts): Promise<Line> {
  const measured = await measureBulk(child, { rows: counts.bulk, batches: counts.batches })
  const megabytes = (bytes: number) => `${whole(bytes / 1_000_000)} MB`
  return {
    what: `a file of ${whole(counts.bulk)} rows`,
    target: '≥ 80 % of the batch rate, < 300 MB for the process',
    measured: `${whole(measured.rate)}/s: ${percent(measured.rate, measured.batchRate)}; ${megabytes(measured.memoryPeak)} resident at the most since its start (${megabytes(measured.memoryPeakWithBatches)} with batches after it, one at a time)`,
    limit: 'as batches; one chunk is issued at a time',
  }
}
