import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createPublicClient, type Hex, http } from 'viem'
import { type Answer, bodyOf, type NodeClient, nodeClient } from '../node-client.ts'
import type { NodeProcess } from './open-node-process.ts'

/** What is issued, again and again. */
export interface Order {
  issuerDid: string
  schemaId: string
  holderDid: string
  proofType: string
}

/** Credentials a second, and gas for each. */
export interface Measured {
  rate: number
  gas: number
}

/** A node with an issuer, and what is asked of it. */
export interface Prepared {
  node: NodeClient
  order: Order
}

export const batchSize = 1_000
/** Batches before those that are counted. */
export const warmUp = 12
/** Batches sent side by side: one is signed while the transaction of another is mined. */
export const inFlight = 5
export const JCS = 'eddsa-jcs-2022'
const agent = new Agent({ keepAlive: true })
const claims = (i: number) => ({
  degree: {
    type: 'BachelorDegree',
    name: 'Bachelor of Science in Computer Science',
    university: 'Bench University',
    graduationYear: 1990 + (i % 36),
    gpa: 1 + (i % 4),
  },
})
const expirationDate = '2099-12-31T23:59:59Z'

/** Makes an issuer and a holder of a node that has just begun. */
export async function prepare(
  { url, adminApiKey }: Pick<NodeProcess, 'url' | 'adminApiKey'>,
  proofType: string = JCS,
): Promise<Prepared> {
  const node = nodeClient({ url, apiKey: adminApiKey })
  const { did: issuerDid } = bodyOf(await node.post('/dids', { method: 'ethr', keys: ['Ed25519'] }), 201)
  const { did: holderDid } = bodyOf(await node.post('/dids', { method: 'key', keys: ['Ed25519'] }), 201)
  return { node, order: { issuerDid, holderDid, schemaId: 'education-degree-v1', proofType } }
}

/** Issues one by one, `concurrency` at a time; every answer must have its transaction. */
export async function single(
  node: NodeClient,
  order: Order,
  { count, concurrency }: { count: number; concurrency: number },
): Promise<{ rate: number; transactions: Hex[] }> {
  const indices = new Set<number>()
  const transactions: Hex[] = []
  let next = 0
  const started = performance.now()
  const work = async () => {
    while (next < count) {
      const body = { ...order, claims: claims(next++), expirationDate }
      const { statusListIndex, transactionHash } = bodyOf(await node.post('/credentials/issue', body), 201)
      indices.add(statusListIndex)
      transactions.push(transactionHash)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const rate = rateOf(count, started)
  assert.equal(indices.size, count, 'a status index was handed out twice')
  return { rate, transactions }
}

/** Issues batches one after the other; each must be one transaction. */
export async function batches(
  node: NodeClient,
  order: Order,
  { count, size }: { count: number; size: number },
): Promise<{ rate: number; transactions: Hex[] }> {
  const { holderDid, ...terms } = order
  const credentials = Array.from({ length: size }, (_, row) => ({ holderDid, claims: claims(row) }))
  // written once: what the load generator computes, the node on the same cores cannot
  const body = Buffer.from(JSON.stringify({ ...terms, expirationDate, credentials }))
  const transactions: Hex[] = []
  const started = performance.now()
  for (let i = 0; i < count; i++) {
    const answer = bodyOf(await postForEnd(node, '/credentials/issue/batch', body), 200)
    assert.deepEqual([answer.issued, answer.failed], [size, 0])
    transactions.push(answer.transactionHash)
  }
  return { rate: rateOf(count * size, started), transactions }
}

/** Batches of 1,000, some of them side by side, so many each; milliseconds. */
export async function timeOfBatches(node: NodeClient, order: Order, count: number): Promise<number> {
  const started = performance.now()
  await Promise.all(Array.from({ length: inFlight }, () => batches(node, order, { count, size: batchSize })))
  return performance.now() - started
}

/**
 * Posts JSON and reads of an answer with rows what comes after them: what the load generator computes, the node on the
 * same cores cannot. With `fetch`, and all of the answer parsed, it took 9 µs of a credential.
 */
async function postForEnd({ url, apiKey }: NodeClient, path: string, body: Buffer): Promise<Answer> {
  const headers = {
    ...{ authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    'content-length': body.length,
  }
  const [response] = await once(
    request(`${url}/api/v1${path}`, { method: 'POST', headers, agent }).end(body),
    'response',
  )
  const parts: Buffer[] = await response.toArray()
  const text = Buffer.concat(parts)
  const end =
    response.statusCode === 200 ? `{${text.toString('utf8', text.lastIndexOf('"issued":'))}` : text.toString()
  return { status: response.statusCode, body: JSON.parse(end) }
}

/** Gas of all transactions, each counted once, for each credential. */
export async function gasFor(
  rpcUrl: string,
  transactions: readonly Hex[],
  credentials: number,
): Promise<number> {
  const client = createPublicClient({ transport: http(rpcUrl, { batch: true }) })
  const hashes = [...new Set(transactions)]
  assert.ok(hashes.every((hash) => /^0x[0-9a-f]{64}$/.test(hash)))
  const receipts = await Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })))
  return receipts.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0) / credentials
}

export function rateOf(count: number, started: number): number {
  return (count * 1000) / (performance.now() - started)
}
