import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { bodyOf, type NodeClient } from '../node-client.ts'
import {
  batches,
  batchSize,
  inFlight,
  JCS,
  type Prepared,
  prepare,
  rateOf,
  timeOfBatches,
  warmUp,
} from './load.ts'
import type { NodeProcess } from './open-node-process.ts'

/** What bulk issuance does beside batches of 1,000, in one run. Rates are credentials a second. */
export interface BulkMeasured {
  /** Of one client, which sends a batch when the last is answered. */
  batchRate: number
  /** Of some clients, side by side. */
  sideBySideRate: number
  /** From the first byte of the upload to the last registration. */
  rate: number
  /** Bytes of the node's process in memory (RSS), at the most since it was started: of the file alone, and with the batches. */
  memoryPeak: number
  memoryPeakWithBatches: number
}

const path = '/credentials/issue/bulk'
const expirationDate = '2099-12-31T23:59:59Z'

/**
 * Issues a file of `rows` rows; before it half of the batches of 1,000 of the same claims by another node, and after it
 * the other half, each time one by one and side by side.
 */
export async function measureBulk(
  child: NodeProcess,
  other: NodeProcess,
  { rows, batches: count }: { rows: number; batches: number },
): Promise<BulkMeasured> {
  const half = Math.ceil(count / 2)
  const first = await prepare(other)
  await batches(first.node, first.order, { count: warmUp, size: batchSize })
  const before = await batchRates(first, half)
  const { node, order } = await prepare(child)
  const { issuerDid, holderDid } = order
  const started = performance.now()
  const query = new URLSearchParams({ schemaId: order.schemaId, issuerDid, proofType: JCS, expirationDate })
  const response = await fetch(`${child.url}/api/v1${path}?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${child.adminApiKey}`, 'content-type': 'text/csv' },
    body: ReadableStream.from(lines(holderDid, rows)),
    duplex: 'half',
  })
  const { id } = bodyOf({ status: response.status, body: await response.json() }, 202)
  const job = await end(node, id)
  const rate = rateOf(rows, started)
  assert.deepEqual([job.state, job.issued, job.failed, job.registered], ['done', rows, 0, rows])
  const memoryPeak = await memoryOf(child.pid, 'VmHWM')
  const after = await batchRates({ node, order }, half)
  const memoryPeakWithBatches = await memoryOf(child.pid, 'VmHWM')
  const both = (name: keyof typeof before) => 2 / (1 / before[name] + 1 / after[name])
  return {
    ...{ batchRate: both('oneByOne'), sideBySideRate: both('sideBySide') },
    ...{ rate, memoryPeak, memoryPeakWithBatches },
  }
}

async function batchRates({ node, order }: Prepared, count: number) {
  const { rate: oneByOne } = await batches(node, order, { count, size: batchSize })
  const each = Math.ceil(count / inFlight)
  const sideBySide = (each * inFlight * batchSize * 1_000) / (await timeOfBatches(node, order, each))
  return { oneByOne, sideBySide }
}

function* lines(holderDid: string, rows: number): Generator<Uint8Array> {
  const encoder = new TextEncoder()
  let text = 'holderDid,degree.type,degree.name,degree.university,degree.graduationYear,degree.gpa\n'
  for (let i = 0; i < rows; i++) {
    text += `${holderDid},BachelorDegree,Bachelor of Science in Computer Science,Bench University,${1990 + (i % 36)},${1 + (i % 4)}\n`
    if (text.length < 65_536) continue
    yield encoder.encode(text)
    text = ''
  }
  yield encoder.encode(text)
}

async function end(node: NodeClient, id: string) {
  for (;;) {
    const job = bodyOf(await node.get(`${path}/${id}`), 200)
    if (!['receiving', 'running'].includes(job.state)) return job
    await delay(100)
  }
}

/** Bytes of a process that are in memory, or the most there have been (Linux, proc(5)). */
async function memoryOf(pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024
}
