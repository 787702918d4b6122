import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { bodyOf, nodeClient } from '../node-client.ts'
import { batches, type Order, rateOf } from './load.ts'
import type { NodeProcess } from './open-node-process.ts'

/** What bulk issuance does beside batches of 1,000, in one run. Rates are credentials a second. */
export interface BulkMeasured {
  rows: number
  batchRate: number
  /** From the first byte of the upload to the last registration. */
  rate: number
  /** The upload alone, until it is answered. */
  uploadSeconds: number
  transactions: number
  /** Bytes of the node's process in memory (RSS), at the most since it was started: of the file alone, and with the batches. */
  memoryPeak: number
  memoryPeakWithBatches: number
}

const path = '/credentials/issue/bulk'
const expirationDate = '2099-12-31T23:59:59Z'
const proofType = 'eddsa-jcs-2022'

/** Issues a file of `rows` rows, and then batches of 1,000 of the same claims, one after the other. */
export async function measureBulk(
  child: Pick<NodeProcess, 'url' | 'adminApiKey'> & { pid: number },
  { rows, batches: count }: { rows: number; batches: number },
): Promise<BulkMeasured> {
  const node = nodeClient({ url: child.url, apiKey: child.adminApiKey })
  const { did: issuerDid } = bodyOf(await node.post('/dids', { method: 'ethr', keys: ['Ed25519'] }), 201)
  const { did: holderDid } = bodyOf(await node.post('/dids', { method: 'key', keys: ['Ed25519'] }), 201)
  const order: Order = { issuerDid, holderDid, schemaId: 'education-degree-v1', proofType }
  const started = performance.now()
  const query = new URLSearchParams({ schemaId: order.schemaId, issuerDid, proofType, expirationDate })
  const response = await fetch(`${child.url}/api/v1${path}?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${child.adminApiKey}`, 'content-type': 'text/csv' },
    body: ReadableStream.from(lines(holderDid, rows)),
    duplex: 'half',
  })
  const { id } = bodyOf({ status: response.status, body: await response.json() }, 202)
  const uploadSeconds = (performance.now() - started) / 1_000
  const job = await end(node, id)
  const rate = rateOf(rows, started)
  assert.deepEqual([job.state, job.issued, job.failed, job.registered], ['done', rows, 0, rows])
  const memoryPeak = await memoryOf(child.pid, 'VmHWM')
  const { transactions } = job
  const { rate: batchRate } = await batches(node, order, { count, size: 1_000 })
  const memoryPeakWithBatches = await memoryOf(child.pid, 'VmHWM')
  return { rows, batchRate, rate, uploadSeconds, transactions, memoryPeak, memoryPeakWithBatches }
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

async function end(node: ReturnType<typeof nodeClient>, id: string) {
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
