import assert from 'node:assert/strict'
import type { Hex } from 'viem'
import { bodyOf, type NodeClient } from '../node-client.ts'
import { measureBulk } from './bulk.ts'
import { fillDatabase } from './fill-database.ts'
import { rawSigningRate } from './libraries.ts'
import {
  batches,
  batchSize,
  inFlight,
  JCS,
  type Prepared,
  prepare,
  single,
  timeOfBatches,
  warmUp,
} from './load.ts'
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
  met: boolean
  limit: string
}

/** Parts in which batches are measured. */
const PARTS = 5
/** Raw signatures before each part. */
const RAW_SIGNATURES = 20_000

const whole = (value: number) => Math.round(value).toLocaleString('en-US')
const percent = (part: number, of: number) => `${((100 * part) / of).toFixed(0)} %`
const redisUrl = 'redis://127.0.0.1:6379'

/** Measures each row, with a node of its own where it needs one. */
export async function scaleTable(counts: ScaleCounts, progress: (text: string) => void): Promise<string> {
  const lines: Line[] = []
  const add = (...more: readonly Line[]) => {
    lines.push(...more)
    for (const { what, measured, met } of more) progress(`  ${what}: ${measured}${met ? '' : ' (NOT met)'}`)
  }
  progress('Batches on SQLite …')
  add(...(await withNode({}, (child) => sqliteLines(child, counts))))
  progress('Batches on PostgreSQL, in turn with SQLite …')
  for (const proofType of [JCS, 'vc+jwt']) add(...(await postgresLines(proofType, counts)))
  progress('Single issues on a chain that mines every second …')
  add(await withNode({}, (child) => singleLine(child, counts)))
  progress(`Batches, look-ups and revocations beside ${whole(counts.stored)} credentials …`)
  add(...(await withNodes([{}, {}], (children) => storedLines(children, counts))))
  progress(`Revoking ${whole(counts.revoked)} credentials …`)
  add(await withNode({}, (child) => revocationLine(child, counts)))
  progress(`A file of ${whole(counts.bulk)} rows …`)
  add(await withNodes([{}, {}], (children) => bulkLine(children, counts)))
  return describe(lines)
}

function describe(lines: readonly Line[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    row(['the whole node', 'target', 'measured', 'met', 'limited by']),
    row(['---', '---', '---', '---', '---']),
    ...lines.map(({ what, target, measured, met, limit }) =>
      row([what, target, measured, met ? 'yes' : '**no**', limit]),
    ),
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

/** The same with several nodes at a time. */
async function withNodes<T>(
  [variables, ...others]: readonly Readonly<Record<string, string>>[],
  measure: (children: readonly NodeProcess[]) => Promise<T>,
): Promise<T> {
  if (!variables) return measure([])
  return withNode(variables, (child) => withNodes(others, (children) => measure([child, ...children])))
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
  await batches(node, order, { count: warmUp, size: batchSize })
  const each = Math.ceil(count / PARTS / inFlight)
  let raw = 0
  let milliseconds = 0
  for (let part = 0; part < PARTS; part++) {
    raw += rawSigningRate('Ed25519', RAW_SIGNATURES) ?? 0
    milliseconds += await timeOfBatches(node, order, each)
  }
  return { raw: raw / PARTS, rate: (each * inFlight * PARTS * batchSize * 1_000) / milliseconds }
}

async function sqliteLines(child: NodeProcess, counts: ScaleCounts): Promise<Line[]> {
  const rates: (BatchRate & { proofType: string })[] = []
  for (const proofType of [JCS, 'vc+jwt', 'JwtProof2020'])
    rates.push({ proofType, ...(await batchRateToRaw(child, proofType, counts.batches)) })
  return rates.map(({ proofType, rate, raw }) => ({
    what: `batches of 1,000, \`${proofType}\`, ${inFlight} side by side, SQLite`,
    target: '≥ 30 % of raw Ed25519',
    measured: `${whole(rate)}/s of ${whole(raw)}/s: ${percent(rate, raw)}`,
    met: rate >= 0.3 * raw,
    limit: 'the event loop: checks, JSON, SQLite; signatures and garbage collection have the other core',
  }))
}

/** Where the queue of a node is whose database is on PostgreSQL. */
const queues: readonly { queue: string; queueUrl: (databaseUrl: string) => string }[] = [
  { queue: 'Redis', queueUrl: () => redisUrl },
  { queue: 'PostgreSQL', queueUrl: (databaseUrl) => databaseUrl },
]

/**
 * A node on SQLite and one for each queue, there and back: each alone, with half of its batches, so that what the machine
 * becomes faster or slower by in these minutes is the same for all.
 */
async function postgresLines(proofType: string, counts: ScaleCounts): Promise<Line[]> {
  const kinds = [undefined, ...queues]
  const milliseconds = kinds.map(() => 0)
  const each = Math.ceil(counts.batches / 2 / inFlight)
  for (const n of [...kinds.keys(), ...[...kinds.keys()].reverse()])
    milliseconds[n] = (milliseconds[n] as number) + (await timeOn(kinds[n], { proofType, each }))
  const [sqlite = 0, ...rates] = milliseconds.map((time) => (each * inFlight * 2 * batchSize * 1_000) / time)
  return queues.map(({ queue }, n) => {
    const rate = rates[n] as number
    return {
      what: `the same, \`${proofType}\`, PostgreSQL and BullMQ on ${queue}`,
      target: '≥ 70 % of SQLite',
      measured:
        rate > 0 ? `${whole(rate)}/s of ${whole(sqlite)}/s: ${percent(rate, sqlite)}` : 'no server answers',
      met: rate >= 0.7 * sqlite,
      limit: 'the database server, which shares the two cores',
    }
  })
}

/** Milliseconds that a new node takes for batches, once the engine has compiled what they need; infinite without a server. */
async function timeOn(
  kind: (typeof queues)[number] | undefined,
  { proofType, each }: { proofType: string; each: number },
): Promise<number> {
  const measure = (variables: Record<string, string>) =>
    withNode(variables, async (child) => {
      const { node, order } = await prepare(child, proofType)
      await batches(node, order, { count: warmUp, size: batchSize })
      return timeOfBatches(node, order, each)
    })
  if (!kind) return measure({})
  const database = await makeOwnDatabase()
  if (!database) return Number.POSITIVE_INFINITY
  try {
    return await measure({ DATABASE_URL: database.url, QUEUE_URL: kind.queueUrl(database.url) })
  } finally {
    await database.drop()
  }
}

/** Batches of several nodes, a part of each after the other; credentials a second. */
async function ratesInTurn(prepared: readonly Prepared[], count: number): Promise<number[]> {
  const each = Math.ceil(count / PARTS / inFlight)
  const milliseconds = prepared.map(() => 0)
  for (let part = 0; part < PARTS; part++)
    for (const [n, { node, order }] of prepared.entries())
      milliseconds[n] = (milliseconds[n] as number) + (await timeOfBatches(node, order, each))
  return milliseconds.map((time) => (each * inFlight * PARTS * batchSize * 1_000) / time)
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
  const at = (share: number) => (latencies[Math.ceil(share * latencies.length) - 1] as number) / 1_000
  const shared = transactions.length / new Set<Hex>(transactions).size
  return {
    what: 'single issues, 64 at a time, a block every second',
    target: '≥ 10 credentials a transaction, p99 ≤ 3.1 s',
    measured: `${shared.toFixed(1)} a transaction, p50 ${at(0.5).toFixed(1)} s, p99 ${at(0.99).toFixed(1)} s`,
    met: shared >= 10 && at(0.99) <= 3.1,
    limit: 'the block time',
  }
}

/** Medians, in milliseconds. */
interface Times {
  read: number
  page: number
  revoke: number
}

async function timesOf({ node, order }: Prepared): Promise<Times> {
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

/** Of two nodes, in turn, of which one has much stored. */
async function storedLines(children: readonly NodeProcess[], counts: ScaleCounts): Promise<Line[]> {
  const prepared = await Promise.all(children.map((child) => prepare(child)))
  for (const { node, order } of prepared) await batches(node, order, { count: 10, size: batchSize })
  const [small, large] = prepared as [Prepared, Prepared]
  await fillDatabase(children[1]?.dataDir as string, counts.stored)
  for (const { node, order } of prepared) {
    // the node has closed the connections that were idle meanwhile
    await Promise.allSettled(Array.from({ length: 16 }, () => node.get('/network')))
    await batches(node, order, { count: 2, size: batchSize })
  }
  // first, since what it issues makes the small one larger
  const few = await timesOf(small)
  const many = await timesOf(large)
  const [fewRate = 0, manyRate = 0] = await ratesInTurn(prepared, Math.ceil(counts.batches / 2))
  const slower = (name: keyof Times) => many[name] / few[name]
  const ms = (name: 'read' | 'page' | 'revoke') =>
    `${few[name].toFixed(1)} → ${many[name].toFixed(1)} ms (${slower(name).toFixed(2)} times)`
  const beside = `beside ${whole(counts.stored)} stored credentials, against 10,000`
  return [
    {
      what: `batches of 1,000 ${beside}`,
      target: '≥ 90 % of the rate',
      measured: `${whole(fewRate)} → ${whole(manyRate)}/s: ${percent(manyRate, fewRate)}`,
      met: manyRate >= 0.9 * fewRate,
      limit: 'as batches',
    },
    {
      what: `look-up by id; a page by issuer; revocation ${beside}`,
      target: '≤ 1.5 times the time',
      measured: `${ms('read')}; ${ms('page')}; ${ms('revoke')}`,
      met: Math.max(slower('read'), slower('page'), slower('revoke')) <= 1.5,
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
    met: gas <= 8_000_000,
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

async function bulkLine(children: readonly NodeProcess[], counts: ScaleCounts): Promise<Line> {
  const [child, other] = children as [NodeProcess, NodeProcess]
  const measured = await measureBulk(child, other, { rows: counts.bulk, batches: counts.batches })
  const megabytes = (bytes: number) => `${whole(bytes / 1_000_000)} MB`
  return {
    what: `a file of ${whole(counts.bulk)} rows`,
    target: '≥ 80 % of the batch rate, < 300 MB for the process',
    measured: `${whole(measured.rate)}/s: ${percent(measured.rate, measured.batchRate)} of one client that sends batch after batch (${whole(measured.batchRate)}/s), ${percent(measured.rate, measured.sideBySideRate)} of ${inFlight} such clients (${whole(measured.sideBySideRate)}/s); ${megabytes(measured.memoryPeak)} resident at the most since its start (${megabytes(measured.memoryPeakWithBatches)} with batches after it)`,
    met: measured.rate >= 0.8 * measured.batchRate && measured.memoryPeak < 300_000_000,
    limit:
      'the event loop: checks, JSON, SQLite, and what is read and told of each row; a thread that signs would take 50 MB',
  }
}
